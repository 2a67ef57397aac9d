import { BlockStack, Button, Text } from '@shopify/polaris';
import { useState } from 'react';
import { TestRecord } from '../settings/test-record.tsx';
import { textsOf } from '../texts.ts';

const t = textsOf('setup');

export function TestStep({ onAccepted, onGoOn }: { onAccepted: () => void; onGoOn: () => void }) {
  const [accepted, setAccepted] = useState(false);
  return (
    <BlockStack gap="400">
      <Text as="p">{t('test.text')}</Text>
      <TestRecord
        onAccepted={() => {
          setAccepted(true);
          onAccepted();
        }}
      />
      <Text as="p" tone="subdued">
        {t('test.next')}
      </Text>
      <div>
        {accepted ? (
          <Button variant="primary" onClick={onGoOn}>
            {t('goOn')}
          </Button>
        ) : (
          <Button variant="plain" onClick={onGoOn}>
            {t('skip')}
          </Button>
        )}
      </div>
    </BlockStack>
  );
}
