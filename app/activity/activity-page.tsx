import { BlockStack, Box, Card, Text } from '@shopify/polaris';
import { useQuery } from '@tanstack/react-query';
import type { EventsPage } from '../../server/features/activity/api.ts';
import { call, download, withQuery } from '../api.ts';
import { showToast } from '../app-bridge.ts';
import { AppPage } from '../shell/app-page.tsx';
import { Empty } from '../shell/empty.tsx';
import { Failure } from '../shell/failure.tsx';
import { LoadingLines } from '../shell/loading.tsx';
import { useAction } from '../shell/use-action.ts';
import { textsOf } from '../texts.ts';
import { EventList } from './event-list.tsx';
import { asked, isFiltered, noFilter } from './filter.ts';
import { Filters } from './filters.tsx';
import { usePlace } from './use-place.ts';
import { useViews } from './use-views.ts';
import { viewOf } from './views.ts';

const t = textsOf('activity');
const PAGE = 50;

export function ActivityPage() {
  const { filter, cursor, view: from, change, older, newer } = usePlace();
  const views = useViews();
  const view = viewOf(views.views, filter, from);
  const place = withQuery('/activity', { ...filter, cursor });
  const { data, error, refetch, isFetching } = useQuery({
    queryKey: ['activity', 'list', place],
    queryFn: ({ signal }) => {
      const query = { ...asked(filter, Date.now()), cursor, limit: PAGE };
      return call<EventsPage>('GET', withQuery('/activity', query), { signal });
    },
  });
  const csv = useAction({
    mutationFn: () => download(withQuery('/activity.csv', asked(filter, Date.now())), 'activity.csv'),
    onMutate: () => showToast(t('exporting')),
  });
  const filtered = isFiltered(filter);
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
        {error && !data && <Failure error={error} onRetry={() => void refetch()} />}
        <Card padding="0">
          <Filters filter={filter} view={view} views={views} onChange={change} />
          {data === undefined ? (
            !error && (
              <Box padding="400">
                <LoadingLines lines={12} />
              </Box>
            )
          ) : data.items.length === 0 ? (
            <Empty
              title={t(filtered ? 'nothingFound.title' : 'nothing.title')}
              text={t(filter.q ? 'nothingFound.text' : filtered ? 'nothingFound.filtered' : 'nothing.text')}
              {...(filtered && { action: { content: t('filters.clear'), onAction: () => change(noFilter, '') } })}
            />
          ) : (
            <EventList
              key={place}
              page={data}
              filter={filter}
              place={place}
              note={view.isOwn ? t('views.where') : null}
              pagination={{
                hasPrevious: cursor !== '',
                onPrevious: newer,
                onNext: () => older(data.nextCursor ?? ''),
              }}
            />
          )}
        </Card>
        <Text as="p" visuallyHidden>
          <span aria-live="polite">{data && !isFetching ? t('shown', { count: data.total }) : ''}</span>
        </Text>
      </BlockStack>
    </AppPage>
  );
}
