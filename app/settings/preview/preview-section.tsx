import { Banner, BlockStack, Button, Card, Collapsible, InlineGrid, Select, Text } from '@shopify/polaris';
import { useState } from 'react';
import type { ActivityDetail } from '../../../server/features/activity/api.ts';
import type { Preview } from '../../../server/features/settings/api.ts';
import { saidByShopify } from '../../activity/places.ts';
import { topicName } from '../../activity/state-badge.tsx';
import { CardHead } from '../../shell/card-head.tsx';
import { Empty } from '../../shell/empty.tsx';
import { Failure } from '../../shell/failure.tsx';
import { JsonText } from '../../shell/json-text.tsx';
import { LoadingLines } from '../../shell/loading.tsx';
import { useFormat } from '../../shell/shop.tsx';
import { say, textsOf } from '../../texts.ts';
import { describeEvent } from './describe-event.ts';
import { OutcomeBadge } from './outcome-badge.tsx';
import { PayloadReasons } from './payload-reasons.tsx';
import { EVENT_FIELD } from './section-preview.tsx';
import { usePreview } from './use-preview.tsx';

const t = textsOf('settings');

function Outcome({ detail, preview }: { detail: ActivityDetail; preview: Preview }) {
  const [open, setOpen] = useState(false);
  const format = useFormat();
  return (
    <BlockStack gap="400">
      <OutcomeBadge preview={preview} />
      <InlineGrid columns={{ xs: 1, md: 2 }} gap="400">
        <BlockStack gap="200">
          <Text as="h3" variant="headingSm">
            {t('preview.shopifyTopic', { topic: topicName(detail.topic) })}
          </Text>
          <JsonText label={t('preview.shopify')} value={detail.event && saidByShopify(detail.event)} />
        </BlockStack>
        <BlockStack gap="200">
          <Text as="h3" variant="headingSm">
            {t('preview.ascent360')}
          </Text>
          {preview.payload ? (
            <JsonText label={t('preview.ascent360')} value={preview.payload} />
          ) : (
            <Text as="p" tone="subdued">
              {say(preview.text, format)}
            </Text>
          )}
        </BlockStack>
      </InlineGrid>
      {preview.fields.length > 0 && (
        <BlockStack gap="200" inlineAlign="start">
          <Button
            variant="plain"
            disclosure={open ? 'up' : 'down'}
            onClick={() => setOpen(!open)}
            ariaExpanded={open}
            ariaControls="preview-reasons"
          >
            {t('preview.reasons')}
          </Button>
          <Collapsible id="preview-reasons" open={open}>
            <PayloadReasons payload={preview.payload} fields={preview.fields} />
          </Collapsible>
        </BlockStack>
      )}
    </BlockStack>
  );
}

function Shown() {
  const { shown } = usePreview();
  switch (shown.state) {
    case 'loading':
      return <LoadingLines lines={8} />;
    case 'failed':
      return <Failure error={shown.error} onRetry={shown.retry} />;
    case 'none':
      return <Empty title={t('preview.none')} text={t('preview.noneText')} />;
    case 'erased':
      return <Banner>{t('preview.erased')}</Banner>;
    case 'faulty':
      return <Banner tone="warning">{t('preview.faulty')}</Banner>;
    case 'ready':
      return <Outcome detail={shown.detail} preview={shown.preview} />;
  }
}

/** The whole record that a recent event would send with the settings as they are on the page. */
export function PreviewSection() {
  const format = useFormat();
  const { items, chosen, choose } = usePreview();
  return (
    <Card>
      <BlockStack gap="400">
        <CardHead title={t('sections.preview.title')} text={t('sections.preview.text')} />
        {chosen && (
          <Select
            id={EVENT_FIELD}
            label={t('preview.event')}
            options={items.map((item) => ({ value: item.id, label: describeEvent(item, format) }))}
            value={chosen.id}
            onChange={choose}
          />
        )}
        <Shown />
      </BlockStack>
    </Card>
  );
}
