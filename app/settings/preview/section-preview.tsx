import { BlockStack, Box, Button, SkeletonBodyText, Text } from '@shopify/polaris';
import type { Preview } from '../../../server/features/settings/api.ts';
import { useFormat } from '../../shell/shop.tsx';
import { say, textsOf } from '../../texts.ts';
import { describeEvent } from './describe-event.ts';
import { OutcomeBadge } from './outcome-badge.tsx';
import { type Shown, usePreview } from './use-preview.tsx';
import { valueAt } from './value-at.ts';

const t = textsOf('settings.preview');

/** Where the event is chosen. */
export const EVENT_FIELD = 'preview-event';

function toEventField() {
  const field = document.getElementById(EVENT_FIELD);
  field?.scrollIntoView({ block: 'center' });
  field?.focus();
}

/** The keys that these fields decide, each with its value or why it is left out. */
function Keys({ preview, keys }: { preview: Preview; keys: readonly string[] }) {
  const format = useFormat();
  return (
    <dl className="previewed-keys">
      {keys.map((key) => {
        const value = valueAt(preview.payload, key);
        const field = preview.fields.find((one) => one.key === key);
        return (
          <div key={key}>
            <Text as="dt" variant="bodySm" fontWeight="semibold">
              {key}
            </Text>
            <Text as="dd" variant="bodySm" {...(value === null && { tone: 'subdued' })}>
              {value ?? (field ? say(field.text, format) : t('leftOut'))}
            </Text>
          </div>
        );
      })}
    </dl>
  );
}

function Part({ shown, keys }: { shown: Shown; keys: readonly string[] }) {
  const format = useFormat();
  if (shown.state === 'loading') return <SkeletonBodyText lines={3} />;
  if (shown.state === 'ready' && keys.length === 0) return <OutcomeBadge preview={shown.preview} />;
  if (shown.state === 'ready' && shown.preview.payload) return <Keys preview={shown.preview} keys={keys} />;
  return (
    <Text as="p" variant="bodySm" tone="subdued">
      {shown.state === 'ready' ? say(shown.preview.text, format) : t('faulty')}
    </Text>
  );
}

/**
 * Beside a section's fields: what a recent event would send because of them. Without keys: whether
 * it would be sent.
 */
export function SectionPreview({ title, keys }: { title: string; keys: readonly string[] }) {
  const format = useFormat();
  const { chosen, shown } = usePreview();
  if (shown.state === 'none' || shown.state === 'erased' || shown.state === 'failed') return null;
  return (
    <section aria-label={t('of', { title })}>
      <Box
        background="bg-surface"
        paddingBlock="300"
        paddingInline={{ xs: '400', sm: '300' }}
        borderRadius="200"
        borderWidth="025"
        borderColor="border-secondary"
      >
        <BlockStack gap="200">
          <Text as="h3" variant="headingSm">
            {t('beside')}
          </Text>
          <Part shown={shown} keys={keys} />
          {chosen && (
            <Text as="p" variant="bodySm" tone="subdued" breakWord>
              {describeEvent(chosen, format)}
            </Text>
          )}
          <div>
            <Button
              variant="plain"
              textAlign="left"
              onClick={toEventField}
              accessibilityLabel={t('chooseFor', { title })}
            >
              {t('choose')}
            </Button>
          </div>
        </BlockStack>
      </Box>
    </section>
  );
}
