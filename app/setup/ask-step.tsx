import { BlockStack, Button, InlineStack, Text, TextField } from '@shopify/polaris';
import { useRef, useState } from 'react';
import { setUpLetter } from '../../server/domain/wording/letters.ts';
import type { SettingsAnswer } from '../settings/draft.ts';
import { copyText } from '../shell/copy-text.ts';
import { useShop } from '../shell/shop.tsx';
import { textAt, textsOf } from '../texts.ts';

const t = textsOf('setup');

/** What Ascent360 has to set up on its side, as a text to send them. */
export function AskStep({ saved, onDone }: { saved: SettingsAnswer; onDone: () => void }) {
  const shop = useShop();
  const text = setUpLetter({ shop: shop.name ?? shop.domain, source: saved.sourceName, type: saved.sourceType });
  const field = useRef<HTMLDivElement>(null);
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    if (await copyText(text)) setCopied(true);
    else field.current?.querySelector('textarea')?.select();
  };
  return (
    <BlockStack gap="400">
      <Text as="p">{t('ask.text')}</Text>
      <div ref={field}>
        <TextField label={t('ask.label')} value={text} readOnly multiline={4} maxHeight="20rem" autoComplete="off" />
      </div>
      <Text as="p" tone="subdued">
        {t('ask.next')}
      </Text>
      <InlineStack gap="200">
        <Button variant={copied ? 'secondary' : 'primary'} onClick={() => void copy()}>
          {textAt('common.copy')}
        </Button>
        <Button variant={copied ? 'primary' : 'secondary'} onClick={onDone}>
          {t('ask.asked')}
        </Button>
      </InlineStack>
    </BlockStack>
  );
}
