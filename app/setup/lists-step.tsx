import { BlockStack, Button, Text } from '@shopify/polaris';
import type { SettingsAnswer } from '../settings/draft.ts';
import { ListsFields } from '../settings/lists-fields.tsx';
import { Failure } from '../shell/failure.tsx';
import { textsOf } from '../texts.ts';
import type { Answers } from './answers.ts';
import type { SavePart } from './use-save-part.ts';

const t = textsOf('setup');

type Answer = NonNullable<Answers['lists']>;

export function ListsStep(props: {
  saved: SettingsAnswer;
  answer: Answer | undefined;
  onAnswer: (answer: Answer) => void;
  saving: SavePart;
  onDone: () => void;
}) {
  const { providerType, listIds, listsFor } = props.saved;
  const part = props.answer ?? { providerType, listIds, listsFor };
  const { save, saving, faults, failure } = props.saving;
  return (
    <BlockStack gap="400">
      <Text as="p">{t('lists.text')}</Text>
      <Text as="p">{t('lists.where')}</Text>
      <ListsFields value={part} faults={faults} onChange={(changed) => props.onAnswer({ ...part, ...changed })} />
      <Text as="p" tone="subdued">
        {part.providerType === null
          ? t('lists.none')
          : t(part.listIds.length === 0 ? 'lists.nextWithoutLists' : 'lists.next', { for: part.listsFor })}
      </Text>
      {failure !== null && <Failure error={failure} />}
      <div>
        <Button variant="primary" onClick={() => save(() => part, props.onDone)} loading={saving}>
          {t('next')}
        </Button>
      </div>
    </BlockStack>
  );
}
