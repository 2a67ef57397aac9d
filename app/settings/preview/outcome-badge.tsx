import { Badge, InlineStack, Text } from '@shopify/polaris';
import type { Preview } from '../../../server/features/settings/api.ts';
import { useFormat } from '../../shell/shop.tsx';
import { say, textsOf } from '../../texts.ts';

const t = textsOf('settings.preview');

/** Whether the event would be sent, and if not, why. */
export function OutcomeBadge({ preview }: { preview: Preview }) {
  const format = useFormat();
  const sent = preview.state === 'waiting';
  const known = preview.reason === 'nothing_new';
  return (
    <InlineStack gap="200" blockAlign="center">
      {sent ? (
        <Badge tone="success">{t('sent')}</Badge>
      ) : (
        <Badge {...(known && { tone: 'info' })}>{known ? t('hasIt') : t('notSent')}</Badge>
      )}
      {!sent && <Text as="span">{known ? t('hasItText') : say(preview.text, format)}</Text>}
    </InlineStack>
  );
}
