import { Badge, BlockStack, Card, InlineStack, Text } from '@shopify/polaris';
import type { ActivityDetail } from '../../server/features/activity/api.ts';
import { CardHead } from '../shell/card-head.tsx';
import { useFormat } from '../shell/shop.tsx';
import { textAt, textIf, textsOf } from '../texts.ts';

const t = textsOf('activity.event.attempts');

type Attempt = ActivityDetail['attempts'][number];

const tones = {
  accepted: 'success',
  retry: 'warning',
  rejected: 'critical',
  connection_problem: 'critical',
  unknown: 'warning',
} as const;

/** What the answer was, how long it took, and why, as far as we know. */
function causeOf({ status, ms, error }: Attempt): string {
  const cause = error === null ? null : textIf(`server.detail.${error}`);
  return [status === null ? t('noAnswer') : t('status', { status }), ms === null ? null : t('took', { ms }), cause]
    .filter(Boolean)
    .join(' · ');
}

function Entry({ attempt }: { attempt: Attempt }) {
  const format = useFormat();
  const { at, class: kind, answer } = attempt;
  return (
    <li>
      <BlockStack gap="050">
        <InlineStack gap="200" blockAlign="center">
          <Text as="span" fontWeight="semibold">
            <time dateTime={at}>{format.moment(at)}</time>
          </Text>
          <Badge {...(kind && { tone: tones[kind] })}>
            {kind ? textAt(`activity.outcomes.${kind}`) : t('underWay')}
          </Badge>
          {kind && (
            <Text as="span" tone="subdued">
              {causeOf(attempt)}
            </Text>
          )}
        </InlineStack>
        {kind && kind !== 'accepted' && <Text as="p">{t(`classes.${kind}`)}</Text>}
        {answer && (
          <details>
            <summary>{t('answer')}</summary>
            <pre className="visually-plain">{answer}</pre>
          </details>
        )}
      </BlockStack>
    </li>
  );
}

/** Each attempt: when it was made, what the answer was, and what it means. */
export function Attempts({ attempts }: { attempts: readonly Attempt[] }) {
  return (
    <Card>
      <BlockStack gap="300">
        <CardHead title={t('title')} />
        {attempts.length === 0 ? (
          <Text as="p" tone="subdued">
            {t('none')}
          </Text>
        ) : (
          <BlockStack as="ul" gap="300">
            {attempts.map((attempt) => (
              <Entry key={attempt.at} attempt={attempt} />
            ))}
          </BlockStack>
        )}
        {attempts.some((attempt) => attempt.class === 'accepted') && (
          <Text as="p" tone="subdued" variant="bodySm">
            {t('accepted')}
          </Text>
        )}
      </BlockStack>
    </Card>
  );
}
