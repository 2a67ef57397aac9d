import { BlockStack, Box, Button, Card, InlineStack, Text } from '@shopify/polaris';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ActivityItem } from '../../server/store/events/event-list.ts';
import { call, download, withQuery } from '../api.ts';
import { showToast } from '../app-bridge.ts';
import { AppPage } from '../shell/app-page.tsx';
import { Confirm } from '../shell/confirm.tsx';
import { Empty } from '../shell/empty.tsx';
import { Failure } from '../shell/failure.tsx';
import { LoadingLines } from '../shell/loading.tsx';
import { textsOf } from '../texts.ts';
import { EventList } from './event-list.tsx';
import { filterBody, isFiltered, noFilter, useFilter } from './filter.ts';
import { Filters } from './filters.tsx';
import { SendAgain } from './send-again.tsx';

const t = textsOf('activity');
const PAGE = 50;
/** States from which events can be resent. */
const sendable = ['', 'attention', 'skipped', 'accepted', 'merged'];

type Page = { items: ActivityItem[]; nextCursor: string | null; total: number; totalMore: boolean };

export function ActivityPage() {
  const { filter, cursor, change, older, newer } = useFilter();
  const [sending, setSending] = useState(false);
  const address = withQuery('/activity', { ...filter, cursor, limit: PAGE });
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: ['activity', 'list', address],
    queryFn: ({ signal }) => call<Page>('GET', address, { signal }),
  });
  const csv = useMutation({
    mutationFn: () => download(withQuery('/activity.csv', filter), 'activity.csv'),
    onMutate: () => showToast(t('exporting')),
  });
  const [dismissing, setDismissing] = useState(false);
  const client = useQueryClient();
  const dismiss = useMutation({
    mutationFn: () => call<{ count: number }>('POST', '/activity/dismiss', { body: { filter: filterBody(filter) } }),
    onSuccess: async ({ count }) => {
      showToast(t('dismiss.bulkDone', { count }));
      setDismissing(false);
      await client.invalidateQueries();
    },
  });
  const filtered = isFiltered(filter);
  const items = data?.items ?? [];
  return (
    <AppPage
      title={t('title')}
      subtitle={t('text')}
      secondaryActions={[
        { content: t('refresh'), onAction: () => void refetch(), loading: isFetching && data !== undefined },
        { content: t('exportCsv'), onAction: () => csv.mutate(), loading: csv.isPending },
      ]}
    >
      <BlockStack gap="400">
        {csv.error && <Failure error={csv.error} onRetry={() => csv.mutate()} />}
        <Card>
          <Filters filter={filter} onChange={change} />
        </Card>
        {error && !data ? (
          <Failure error={error} onRetry={() => void refetch()} />
        ) : (
          <Card padding="0">
            {data === undefined ? (
              <Box padding="400">
                <LoadingLines lines={12} />
              </Box>
            ) : items.length === 0 ? (
              <Empty
                title={t(filtered ? 'nothingFound.title' : 'nothing.title')}
                text={t(filtered ? 'nothingFound.text' : 'nothing.text')}
                {...(filtered && { action: { content: t('filters.clear'), onAction: () => change(noFilter) } })}
              />
            ) : (
              <>
                <div className="list-total">
                  <Text as="p" tone="subdued">
                    {data.totalMore ? t('totalMore', { count: data.total }) : t('shown', { count: data.total })}
                  </Text>
                </div>
                <EventList items={items} place={address} />
              </>
            )}
          </Card>
        )}
        <InlineStack align="space-between" blockAlign="center" gap="200">
          <InlineStack gap="200">
            {cursor !== '' && <Button onClick={newer}>{t('newer')}</Button>}
            {data?.nextCursor && <Button onClick={() => older(data.nextCursor ?? '')}>{t('older')}</Button>}
          </InlineStack>
          {filtered && items.length > 0 && sendable.includes(filter.state) && (
            <InlineStack gap="200">
              {filter.state === 'attention' && (
                <Button onClick={() => setDismissing(true)}>{t('dismiss.bulkAction')}</Button>
              )}
              <Button onClick={() => setSending(true)}>{t('again.bulkAction')}</Button>
            </InlineStack>
          )}
        </InlineStack>
        <Text as="p" visuallyHidden>
          <span aria-live="polite">{data && !isFetching ? t('shown', { count: data.total }) : ''}</span>
        </Text>
        <Box paddingBlockEnd="800" />
      </BlockStack>
      {dismissing && (
        <Confirm
          title={t('dismiss.bulkTitle')}
          text={t('dismiss.bulkText')}
          action={t('dismiss.action')}
          change={dismiss}
          onClose={() => setDismissing(false)}
        />
      )}
      {sending && (
        <SendAgain
          title={t('again.bulkTitle')}
          path="/activity/retry"
          body={{ filter: filterBody(filter) }}
          onClose={() => setSending(false)}
        />
      )}
    </AppPage>
  );
}
