import { BlockStack, Card, Link, Text } from '@shopify/polaris';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { MINUTE } from '../../server/domain/days.ts';
import type { ActivityDetail } from '../../server/features/activity/api.ts';
import { call, get, withQuery } from '../api.ts';
import { showToast } from '../app-bridge.ts';
import { AppPage } from '../shell/app-page.tsx';
import { Confirm } from '../shell/confirm.tsx';
import { Facts } from '../shell/facts.tsx';
import { Failure } from '../shell/failure.tsx';
import { Loading } from '../shell/loading.tsx';
import { NotYet } from '../shell/not-yet.tsx';
import { useFormat } from '../shell/shop.tsx';
import { say, textAt, textIf, textsOf } from '../texts.ts';
import { Attempts } from './attempts.tsx';
import { Compare } from './compare.tsx';
import { kindOf, nameOf } from './describe-event.ts';
import { SendAgain } from './send-again.tsx';
import { StateBadge, topicName } from './state-badge.tsx';
import { isUnderWay } from './under-way.ts';
import { lastList } from './use-place.ts';
import './activity.css';
import { useAction } from '../shell/use-action.ts';

const t = textsOf('activity');
/** How often an unfinished event is refreshed, in milliseconds. */
const LOOK_AGAIN = 3000;
/** The page that helps, by reason. */
const pages: Record<string, string> = {
  not_connected: '/settings',
  paused: '/settings',
  connection_problem: '/settings',
  history_held: '/settings#consent',
  unticked_box: '/settings#consent',
  test_order: '/settings#send',
  channel_excluded: '/settings#send',
  topic_off: '/settings#send',
  privacy: '/privacy',
};
const ownSources = ['import', 'person', 'read'];

/** What happened in a sentence, and what the merchant can do about it. */
function Outcome({ detail }: { detail: ActivityDetail }) {
  const format = useFormat();
  const silent = detail.reason === 'rejected' && !detail.attempts.at(-1)?.answer?.trim();
  const name = silent ? 'rejectedNoAnswer' : detail.isOpenRequest ? 'privacy' : detail.reason;
  const step = name === null ? null : textIf(`activity.event.steps.${name}`);
  const page = pages[name ?? ''];
  return (
    <BlockStack gap="200">
      <div aria-live="polite">
        <Text as="p" variant="bodyLg">
          {t('event.happened', {
            source: detail.source,
            topic: topicName(detail.topic),
            at: format.moment(detail.receivedAt),
          })}{' '}
          {say(detail.text, format)}
        </Text>
      </div>
      {step && (
        <Text as="p">
          <Text as="span" fontWeight="semibold">
            {t('event.nextStep')}
          </Text>{' '}
          {step} {page && <Link url={page}>{t(page === '/privacy' ? 'event.openPrivacy' : 'event.openSettings')}</Link>}
        </Text>
      )}
    </BlockStack>
  );
}

function About({ detail }: { detail: ActivityDetail }) {
  const format = useFormat();
  const { receivedAt, triggeredAt, settledAt, source, mergedInto } = detail;
  const isLater = Math.abs(Date.parse(receivedAt) - Date.parse(triggeredAt)) > MINUTE;
  // The events that we make ourselves have our own names there, which mean nothing to a merchant.
  const isOurs = ownSources.includes(source);
  const person = detail.summary?.who ?? '';
  // Nobody is found by name: names are encrypted too.
  const isFound = /^(\S+@\S+|\+?\d+)$/.test(person);
  return (
    <Facts
      rows={[
        [t('columns.received'), format.moment(receivedAt)],
        [t('event.triggered'), isLater && format.moment(triggeredAt)],
        [t('event.ended'), settledAt && format.moment(settledAt)],
        [t('filters.source'), textIf(`activity.sources.${source}`) ?? source],
        [t('filters.topic'), !isOurs && detail.topic],
        [t('event.webhookId'), !isOurs && detail.webhookId],
        [t('event.mergedInto'), mergedInto && <Link url={`/activity/${mergedInto}`}>{t('event.mergedLink')}</Link>],
        [t('event.person'), isFound && <Link url={withQuery('/people', { q: person })}>{person}</Link>],
      ]}
    />
  );
}

export function EventPage({ id }: { id: string }) {
  const [asking, setAsking] = useState<'again' | 'dismiss' | null>(null);
  const client = useQueryClient();
  const format = useFormat();
  const query = useQuery({
    queryKey: ['activity', 'event', id],
    queryFn: get<ActivityDetail>(`/activity/${encodeURIComponent(id)}`),
    refetchInterval: ({ state }) => (state.data && isUnderWay(state.data.state) ? LOOK_AGAIN : false),
  });
  const { data: detail, error } = query;
  const dismiss = useAction({
    mutationFn: () => call('POST', `/activity/${id}/dismiss`),
    onSuccess: async () => {
      showToast(t('dismiss.done'));
      // Focus returns to what is still there then.
      await client.invalidateQueries();
      // The question asked meanwhile stays open.
      setAsking((now) => (now === 'dismiss' ? null : now));
    },
  });
  const back = { content: t('title'), url: lastList() };
  if (!detail) {
    return (
      <AppPage title={t('title')} {...(!error && { subtitle: textAt('common.loading') })} backAction={back}>
        <NotYet query={query} loading={<Loading cards={[3, 12, 3]} />} />
      </AppPage>
    );
  }
  const again = { content: t('again.action'), onAction: () => setAsking('again') };
  const dismissal = { content: t('dismiss.action'), onAction: () => setAsking('dismiss') };
  const underWay = isUnderWay(detail.state);
  const isUrgent = detail.state === 'attention';
  const besides = detail.isOpenRequest ? [] : [dismissal];
  const kind = kindOf(detail, format);
  return (
    <AppPage
      title={nameOf(detail, format)}
      {...(kind && { subtitle: kind })}
      titleMetadata={<StateBadge state={detail.state} />}
      backAction={back}
      {...(isUrgent && { primaryAction: again })}
      {...(!underWay && { secondaryActions: isUrgent ? besides : [again] })}
    >
      <BlockStack gap="400">
        {error && <Failure error={error} onRetry={() => void query.refetch()} withData />}
        <Card>
          <BlockStack gap="400">
            <Outcome detail={detail} />
            <About detail={detail} />
          </BlockStack>
        </Card>
        <Compare detail={detail} />
        {(detail.attempts.length > 0 || underWay) && <Attempts {...detail} />}
      </BlockStack>
      {asking === 'again' && (
        <SendAgain title={t('again.title')} path={`/activity/${id}/retry`} body={{}} onClose={() => setAsking(null)} />
      )}
      {asking === 'dismiss' && (
        <Confirm
          title={t('dismiss.title')}
          text={t('dismiss.text')}
          action={t('dismiss.action')}
          change={dismiss}
          onClose={() => setAsking(null)}
        />
      )}
    </AppPage>
  );
}
