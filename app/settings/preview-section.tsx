import {
  Badge,
  Banner,
  BlockStack,
  Button,
  Card,
  Collapsible,
  InlineGrid,
  InlineStack,
  Layout,
  Select,
  Text,
} from '@shopify/polaris';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useDeferredValue, useEffect, useState } from 'react';
import type { ActivityDetail } from '../../server/features/activity/api.ts';
import type { Preview } from '../../server/features/settings/api.ts';
import type { ActivityItem } from '../../server/store/events/event-list.ts';
import { ApiError, call, withQuery } from '../api.ts';
import { Empty } from '../shell/empty.tsx';
import { Failure } from '../shell/failure.tsx';
import { JsonText } from '../shell/json-text.tsx';
import { LoadingLines } from '../shell/loading.tsx';
import { useFormat } from '../shell/shop.tsx';
import { say, textsOf } from '../texts.ts';
import { documentOf } from './draft.ts';
import { PayloadReasons } from './payload-reasons.tsx';
import type { SettingsForm } from './use-settings-form.ts';

const t = textsOf('settings');

/** How long to wait after the last key before asking for the preview, in milliseconds. */
const REST = 400;
const RECENT = 20;
/** Topics whose events produce a payload. */
const isShown = ({ topic }: ActivityItem) =>
  /^(orders\/|customers\/(create|update)$|customers_(email_)?marketing_consent\/|customer\.tags_)/.test(topic);

/** The newest of them. A long import may push them out of the newest events, so then by topic. */
async function recentShown(signal: AbortSignal): Promise<ActivityItem[]> {
  const newest = async (topic: string | null) => {
    const path = withQuery('/activity', { topic, limit: RECENT });
    return (await call<{ items: ActivityItem[] }>('GET', path, { signal })).items.filter(isShown);
  };
  for (const topic of [null, 'orders/updated', 'orders/create', 'customers/update', 'customers/create']) {
    const found = await newest(topic);
    if (found.length > 0) return found;
  }
  return [];
}

function useRested<Value>(value: Value): Value {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setRested(value), REST);
    return () => clearTimeout(timer);
  }, [value]);
  return useDeferredValue(rested);
}

function Outcome({ detail, form }: { detail: ActivityDetail; form: SettingsForm }) {
  const settings = useRested(JSON.stringify(documentOf(form.draft)));
  const [open, setOpen] = useState(false);
  const format = useFormat();
  const { data, error, refetch } = useQuery({
    queryKey: ['preview', detail.id, settings],
    queryFn: ({ signal }) =>
      call<Preview>('POST', '/preview', {
        signal,
        body: { topic: detail.topic, body: detail.event, settings: JSON.parse(settings) },
      }),
    placeholderData: keepPreviousData,
  });
  if (error) {
    const faulty = error instanceof ApiError && error.kind === 'refused';
    return faulty ? (
      <Banner tone="warning">{t('preview.faulty')}</Banner>
    ) : (
      <Failure error={error} onRetry={() => void refetch()} />
    );
  }
  if (!data) return <LoadingLines lines={8} />;
  const goesOut = data.state === 'waiting';
  const known = data.reason === 'nothing_new';
  return (
    <BlockStack gap="400">
      <InlineStack gap="200" blockAlign="center">
        <Badge {...(goesOut && { tone: 'success' })}>
          {goesOut ? t('preview.sent') : known ? t('preview.hasIt') : t('preview.notSent')}
        </Badge>
        {!goesOut && <Text as="span">{known ? t('preview.hasItText') : say(data.text, format)}</Text>}
      </InlineStack>
      <InlineGrid columns={{ xs: 1, md: 2 }} gap="400">
        <BlockStack gap="200">
          <Text as="h3" variant="headingSm">
            {t('preview.shopifyTopic', { topic: detail.topic })}
          </Text>
          <JsonText label={t('preview.shopify')} value={detail.event} />
        </BlockStack>
        <BlockStack gap="200">
          <Text as="h3" variant="headingSm">
            {t('preview.ascent360')}
          </Text>
          {data.payload ? (
            <JsonText label={t('preview.ascent360')} value={data.payload} />
          ) : (
            <Text as="p" tone="subdued">
              {say(data.text, format)}
            </Text>
          )}
        </BlockStack>
      </InlineGrid>
      {data.fields.length > 0 && (
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
            <PayloadReasons payload={data.payload} fields={data.fields} />
          </Collapsible>
        </BlockStack>
      )}
    </BlockStack>
  );
}

/** What a recent event would send with the settings as they are on the page. */
export function PreviewSection({ form }: { form: SettingsForm }) {
  const format = useFormat();
  const [chosen, setChosen] = useState<string | null>(null);
  const recent = useQuery({
    queryKey: ['activity', 'recent'],
    queryFn: ({ signal }) => recentShown(signal),
  });
  const items = recent.data ?? [];
  const id = chosen ?? items[0]?.id ?? null;
  const detail = useQuery({
    queryKey: ['activity', 'event', id],
    queryFn: ({ signal }) => call<ActivityDetail>('GET', `/activity/${id}`, { signal }),
    enabled: id !== null,
  });
  const nameOf = ({ topic, summary, receivedAt }: ActivityItem) =>
    [topic, summary?.text && say(summary.text, format), summary?.who, format.moment(receivedAt)]
      .filter(Boolean)
      .join(' · ');
  const error = recent.error ?? detail.error;
  return (
    <Layout.Section>
      <div id="preview">
        <Card>
          <BlockStack gap="400">
            <BlockStack gap="100">
              <Text as="h2" variant="headingMd">
                {t('sections.preview.title')}
              </Text>
              <Text as="p" tone="subdued">
                {t('sections.preview.text')}
              </Text>
            </BlockStack>
            {error ? (
              <Failure error={error} onRetry={() => void (recent.error ? recent.refetch() : detail.refetch())} />
            ) : recent.isPending ? (
              <LoadingLines lines={8} />
            ) : items.length === 0 ? (
              <Empty title={t('preview.none')} text={t('preview.noneText')} />
            ) : (
              <>
                <Select
                  label={t('preview.event')}
                  options={items.map((item) => ({ value: item.id, label: nameOf(item) }))}
                  value={id ?? ''}
                  onChange={setChosen}
                />
                {!detail.data ? (
                  <LoadingLines lines={8} />
                ) : detail.data.event === null ? (
                  <Banner>{t('preview.erased')}</Banner>
                ) : (
                  <Outcome detail={detail.data} form={form} />
                )}
              </>
            )}
          </BlockStack>
        </Card>
      </div>
    </Layout.Section>
  );
}
