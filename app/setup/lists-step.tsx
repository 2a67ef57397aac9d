import { BlockStack, Button, Text } from '@shopify/polaris';
import { useState } from 'react';
import type { SettingsAnswer } from '../settings/draft.ts';
import { ListsFields } from '../settings/lists-fields.tsx';
import { Failure } from '../shell/failure.tsx';
import { texts } from '../texts.ts';
import { useSavePart } from './use-save-part.ts';

const t = texts.setup;

export function ListsStep({ saved, onDone }: { saved: SettingsAnswer; onDone: () => void }) {
  const { providerType, listIds, listsFor } = saved;
  const [part, setPart] = useState({ providerType, listIds, listsFor });
  const { save, saving, faults, failure } = useSavePart();
  return (
    <BlockStack gap="400">
      <Text as="p">{`${t.lists.text} ${t.lists.where}`}</Text>
      <ListsFields value={part} faults={faults} onChange={(changed) => setPart({ ...part, ...changed })} />
      <Text as="p" tone="subdued">
        {t.lists.next}
      </Text>
      {failure !== null && <Failure error={failure} />}
      <div>
        <Button variant="primary" onClick={() => save(part, onDone)} loading={saving}>
          {t.next}
        </Button>
      </div>
    </BlockStack>
  );
}
