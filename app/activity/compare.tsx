import { Banner, BlockStack, Button, Card, InlineStack, Text } from '@shopify/polaris';
import { type ReactNode, useMemo } from 'react';
import type { ActivityDetail } from '../../server/features/activity/api.ts';
import { CardHead } from '../shell/card-head.tsx';
import { copyText } from '../shell/copy-text.ts';
import { textAt, textsOf } from '../texts.ts';
import { FieldRows, type RecordField, useChosenKey } from './field-rows.tsx';
import { jsonLines } from './json-lines.ts';
import { Message } from './message.tsx';
import { isRecord, originOf, saidByShopify } from './places.ts';
import { whyNoRecord } from './why-no-record.ts';

const t = textsOf('activity.event.compare');

/** At most this many lines of a message are shown: nobody reads more. */
const MOST_LINES = 1500;
/** The same for characters of a message that isn't JSON. */
const MOST_RAW = 20_000;

/** One side of the comparison. `copied`: null if there is nothing to copy. */
function Side(props: { title: string; copied: { label: string; value: unknown } | null; children: ReactNode }) {
  const { title, copied, children } = props;
  return (
    <BlockStack gap="200">
      <InlineStack align="space-between" blockAlign="center">
        <Text as="h3" variant="headingSm">
          {title}
        </Text>
        {copied && (
          <Button
            variant="plain"
            onClick={() => void copyText(JSON.stringify(copied.value, null, 2))}
            accessibilityLabel={copied.label}
          >
            {textAt('common.copy')}
          </Button>
        )}
      </InlineStack>
      {children}
    </BlockStack>
  );
}

const subdued = (text: string) => (
  <Text as="p" tone="subdued">
    {text}
  </Text>
);

/** The record's keys as rows, each with its value in the payload and the place it came from. */
function useRows(detail: ActivityDetail, event: object | null) {
  const { payload, fields, topic } = detail;
  const asked = isRecord(detail.event);
  const message = useMemo(() => jsonLines(event, MOST_LINES), [event]);
  const rows = useMemo(
    () =>
      fields.map(
        (field): RecordField => ({
          field,
          value: payload === null ? undefined : Reflect.get(payload, field.key),
          isSent: payload !== null && Object.hasOwn(payload, field.key),
          origin: originOf(field, { topic, lines: message.lines, isRecord: asked }),
        }),
      ),
    [fields, payload, topic, message, asked],
  );
  return { message, rows };
}

/** Shopify's message next to what was made of it; each key leads to the lines it came from. */
export function Compare({ detail }: { detail: ActivityDetail }) {
  const { payload, attempts, source } = detail;
  const event = useMemo(() => detail.event && saidByShopify(detail.event), [detail.event]);
  const choice = useChosenKey();
  const noRecord = {
    notYet: t('notYet'),
    sentWith: t('sentWith'),
    sentErased: t('sentErased'),
    nothingSent: t('nothingSent'),
  };
  const { message, rows } = useRows(detail, event);
  const origin = rows.find(({ field }) => field.key === choice.chosen)?.origin ?? null;
  const raw = event && 'raw' in event && Object.keys(event).length === 1 ? event.raw : null;
  const isEmpty = event !== null && Object.keys(event).length === 0;
  // Shopify sent this because we asked, not as a webhook.
  const title = t(isRecord(detail.event) || source === 'read' || source === 'person' ? 'asked' : 'shopify');
  return (
    <Card>
      <BlockStack gap="400">
        <CardHead title={t('title')} text={rows.length > 0 && event !== null && t('text')} />
        <div className="compare">
          <Side
            title={title}
            copied={event === null || isEmpty ? null : { label: t('copyEvent'), value: raw ?? event }}
          >
            {event === null ? (
              <Banner>{t('erased')}</Banner>
            ) : isEmpty ? (
              subdued(t('noMessage'))
            ) : raw !== null ? (
              <>
                <Text as="p">{t('raw')}</Text>
                <Message
                  lines={[{ number: 1, text: String(raw).slice(0, MOST_RAW), depth: 0, path: '' }]}
                  total={1}
                  origin={null}
                  title={title}
                />
              </>
            ) : (
              <Message lines={message.lines} total={message.total} origin={origin} title={title} />
            )}
          </Side>
          <Side
            title={t(payload !== null && attempts.length === 0 ? 'wouldBe' : 'sent')}
            copied={payload === null ? null : { label: t('copyPayload'), value: payload }}
          >
            {rows.length === 0 ? subdued(noRecord[whyNoRecord(detail)]) : <FieldRows rows={rows} choice={choice} />}
          </Side>
        </div>
      </BlockStack>
    </Card>
  );
}
