import { BlockStack, Button, Text } from '@shopify/polaris';
import { useState } from 'react';
import { TestRecord } from '../settings/test-record.tsx';
import { textAt, textsOf } from '../texts.ts';

const t = textsOf('setup');

/** @param disabled another GUID is typed: the saved one is no longer the one to test */
export function TestStep(props: { disabled: boolean; onAccepted: () => void; onGoOn: () => void }) {
  const { disabled, onAccepted, onGoOn } = props;
  const [accepted, setAccepted] = useState(false);
  return (
    <BlockStack gap="400">
      <Text as="p">{t('test.text')}</Text>
      <TestRecord
        disabled={disabled}
        onAccepted={() => {
          setAccepted(true);
          onAccepted();
        }}
      />
      <Text as="p" tone="subdued">
        {disabled ? textAt('settings.connection.actionsWithUnsaved') : t('test.next')}
      </Text>
      <div>
        <Button variant={accepted ? 'primary' : 'plain'} onClick={onGoOn}>
          {t(accepted ? 'goOn' : 'skip')}
        </Button>
      </div>
    </BlockStack>
  );
}
