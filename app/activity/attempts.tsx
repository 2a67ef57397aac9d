import { Badge, BlockStack, Card, InlineStack, Text } from '@shopify/polaris';
import type { ActivityDetail } from '../../server/features/activity/api.ts';
import { between } from '../locale.ts';
import { CardHead } from '../shell/card-head.tsx';
import { useFormat } from '../shell/shop.tsx';
import { textAt, textIf, textsOf } from '../texts.ts';
import { type AttemptRun, runsOf } from './attempt-runs.ts';

const t = textsOf('activity.event.attempts');

type Attempt = ActivityDetail['attempts'][number];

const tones = {
  accepted: 'success',
  retry: 'warning',
  rejected: 'critical',
  connection_problem: 'critical',
  unknown: 'warning',
} as const;

/** What the answer was, how long it took if there was one attempt, and why, as far as we know. */
function causeOf({ status, ms, error }: Attempt, times: number): string {
  const cause = error === null ? null : textIf(`server.detail.${error}`);
  const took = ms === null || times > 1 ? null : t('took', { ms });
  return [status === null ? t('noAnswer') : t('status', { status }), took, cause].filter(Boolean).join(' · ');
}

function Entry({ run: { attempt, since, times } }: { run: AttemptRun }) {
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
              {causeOf(attempt, times)}
            </Text>
          )}
        </InlineStack>
        {kind && kind !== 'accepted' && <Text as="p">{t(`classes.${kind}`)}</Text>}
        {times > 1 && <Text as="p">{t('times', { times, ...between(since, at, format) })}</Text>}
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

/** Each attempt, or run of equal ones: when it was made, what the answer was, and what it means. */
export function Attempts({ attempts, earlierAttempts }: Pick<ActivityDetail, 'attempts' | 'earlierAttempts'>) {
  const format = useFormat();
  return (
    <Card>
      <BlockStack gap="300">
        <CardHead title={t('title')} />
        {earlierAttempts && (
          <Text as="p" tone="subdued">
            {t('earlier', { count: earlierAttempts.count, from: format.moment(earlierAttempts.since) })}
          </Text>
        )}
        {attempts.length === 0 ? (
          <Text as="p" tone="subdued">
            {t('none')}
          </Text>
        ) : (
          <BlockStack as="ul" gap="300">
            {runsOf(attempts).map((run) => (
              <Entry key={run.since} run={run} />
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
