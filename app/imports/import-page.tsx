import { Banner, BlockStack, Button, Card, InlineStack, ProgressBar, Text } from '@shopify/polaris';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call, get } from '../api.ts';
import type { Format } from '../locale.ts';
import { AppPage } from '../shell/app-page.tsx';
import { Confirm } from '../shell/confirm.tsx';
import { Failure } from '../shell/failure.tsx';
import { Loading } from '../shell/loading.tsx';
import { NotYet } from '../shell/not-yet.tsx';
import { useFormat } from '../shell/shop.tsx';
import { WhileReachable } from '../shell/stale.tsx';
import { useAction } from '../shell/use-action.ts';
import { say, textAt, textsOf } from '../texts.ts';
import { ImportBadge } from './import-badge.tsx';
import { ImportCounts } from './import-counts.tsx';
import { type Import, lookAgain, percentOf } from './import-types.ts';
import { ImportWaits } from './import-waits.tsx';
import { nameOf } from './name-of.ts';

const t = textsOf('imports');
type Action = 'start' | 'pause' | 'resume' | 'cancel';
const open = ['counting', 'counted', 'running', 'paused'];

/** When it was begun, started, paused and ended. */
const timesOf = ({ createdAt, startedAt, pausedAt, endedAt }: Import, format: Format): string =>
  [
    createdAt && t('begun', { moment: format.moment(createdAt) }),
    startedAt && t('started', { moment: format.moment(startedAt) }),
    pausedAt && t('pausedSince', { moment: format.moment(pausedAt) }),
    endedAt && t('ended', { moment: format.moment(endedAt) }),
  ]
    .filter(Boolean)
    .join(' · ');

/** What to know before it is started. */
function Warning({ one }: { one: Import }) {
  const { outdated, counts } = one;
  const { smsOptInTexts } = counts;
  return (
    <Banner
      tone="warning"
      title={t(outdated ? 'outdated.title' : 'warning.title')}
      {...(outdated && { action: { content: textAt('setup.history.countAgain'), url: '/imports' } })}
    >
      <BlockStack gap="200">
        {outdated && <Text as="p">{t('outdated.text')}</Text>}
        <Text as="p">{t('warning.mails')}</Text>
        {smsOptInTexts > 0 && <Text as="p">{t('warning.texts', { count: smsOptInTexts })}</Text>}
        <Text as="p">{t('warning.live')}</Text>
      </BlockStack>
    </Banner>
  );
}

function Progress({ one }: { one: Import }) {
  const format = useFormat();
  const { done, total, rate, secondsLeft } = one;
  const parts = [
    t('progress.of', { done, total }),
    ...(rate === null ? [] : [t('progress.rate', { rate })]),
    ...(secondsLeft === null ? [] : [t('progress.left', { time: format.duration(secondsLeft) })]),
  ];
  return (
    <BlockStack gap="200">
      <ProgressBar progress={percentOf(one)} size="small" ariaLabelledBy="import-progress" />
      <Text as="p" id="import-progress">
        {parts.join(' · ')}
      </Text>
    </BlockStack>
  );
}

export function ImportPage({ id }: { id: string }) {
  const [asking, setAsking] = useState<'start' | 'cancel' | null>(null);
  const format = useFormat();
  const client = useQueryClient();
  const queryKey = ['imports', 'one', id];
  const query = useQuery({
    queryKey,
    queryFn: get<Import>(`/imports/${encodeURIComponent(id)}`),
    refetchInterval: ({ state }) => lookAgain(state.data ? [state.data] : []),
  });
  const { data: one, error, refetch } = query;
  const act = useAction({
    mutationFn: (action: Action) => call<Import>('POST', `/imports/${id}/${action}`),
    onSuccess: (after, action) => {
      // The question asked meanwhile stays open.
      setAsking((asking) => (asking === action ? null : asking));
      client.setQueryData(queryKey, after);
    },
    onError: () => void refetch(),
  });
  const back = { content: t('title'), url: '/imports' };
  if (!one) {
    return (
      <AppPage title={t('title')} backAction={back}>
        <NotYet query={query} loading={<Loading cards={[3, 8]} />} />
      </AppPage>
    );
  }
  // What it waits for says more than its stored message.
  const said = one.text && say(one.text, format);
  const message = one.state === 'failed' || one.waits.length > 0 ? null : said;
  // Its counts said what would be sent, and may be incomplete.
  const isUnsent = one.startedAt === null && one.endedAt !== null;
  const change = (action: Action) => ({
    ...act,
    error: act.variables === action ? act.error : null,
    mutate: () => act.mutate(action),
  });
  const button = (action: Action) => (
    <Button
      variant={action === 'cancel' || action === 'pause' ? 'secondary' : 'primary'}
      loading={act.isPending && act.variables === action}
      onClick={() => (action === 'start' || action === 'cancel' ? setAsking(action) : act.mutate(action))}
    >
      {t(`actions.${action}`)}
    </Button>
  );
  return (
    <AppPage
      title={nameOf(one, format)}
      subtitle={timesOf(one, format)}
      titleMetadata={<ImportBadge state={one.state} />}
      backAction={back}
    >
      <BlockStack gap="400">
        {act.error && asking === null && <Failure error={act.error} />}
        {error && <Failure error={error} onRetry={() => void refetch()} withData />}
        {one.state === 'counted' && <Warning one={one} />}
        {one.state === 'failed' && (
          <Banner tone="critical" title={t('failed')}>
            {said}
          </Banner>
        )}
        {isUnsent && (
          <Card>
            <Text as="p">{t('nothingSent')}</Text>
          </Card>
        )}
        {(open.includes(one.state) || message !== null || one.startedAt !== null) && (
          <Card>
            <BlockStack gap="300">
              {message !== null && <Text as="p">{message}</Text>}
              <WhileReachable>
                {one.startedAt !== null && <Progress one={one} />}
                <ImportWaits waits={one.waits} />
              </WhileReachable>
              {open.includes(one.state) && (
                <InlineStack gap="200">
                  {one.state === 'counted' && button('start')}
                  {one.state === 'running' && button('pause')}
                  {one.state === 'paused' && button('resume')}
                  {button('cancel')}
                </InlineStack>
              )}
            </BlockStack>
          </Card>
        )}
        {!isUnsent && <ImportCounts one={one} />}
      </BlockStack>
      {asking === 'start' && (
        <Confirm
          title={t('ask.title')}
          text={t('ask.text', { count: one.counts.contacts })}
          action={t('actions.start')}
          change={change('start')}
          onClose={() => setAsking(null)}
        />
      )}
      {asking === 'cancel' && (
        <Confirm
          title={t('cancel.title')}
          text={one.startedAt === null ? t('cancel.unstarted') : [t('cancel.text'), t('cancel.optOuts')]}
          action={t('actions.cancel')}
          keep={t('cancel.keep')}
          destructive
          change={change('cancel')}
          onClose={() => setAsking(null)}
        />
      )}
    </AppPage>
  );
}
