import { Button, InlineStack, Text, useIndexResourceState } from '@shopify/polaris';
import { useState } from 'react';
import type { EventsPage } from '../../server/features/activity/api.ts';
import { textsOf } from '../texts.ts';
import { type Bulk, BulkDialog } from './bulk-dialog.tsx';
import { EventTable } from './event-table.tsx';
import { asked, type Filter, isFiltered } from './filter.ts';

const t = textsOf('activity');

/** States from which events can be resent. */
const sendable = ['', 'attention', 'skipped', 'accepted', 'merged'];

/**
 * One page of the events that match a filter: how many there are, what can be done with all or some
 * of them, and the events.
 */
export function EventList(props: {
  page: EventsPage;
  filter: Filter;
  place: string;
  note: string | null;
  pagination: { hasPrevious: boolean; onPrevious: () => void; onNext: () => void };
}) {
  const { page, filter, place, note, pagination } = props;
  const { items, total, totalMore, nextCursor } = page;
  const [bulk, setBulk] = useState<Bulk | null>(null);
  const { selectedResources, allResourcesSelected, handleSelectionChange, clearSelection } = useIndexResourceState([
    ...items,
  ]);
  const selected = items.filter(({ id }) => selectedResources.includes(id));
  const isForAll = isFiltered(filter) && sendable.includes(filter.state);
  const hasOthers = nextCursor !== null || pagination.hasPrevious;
  const all = asked(filter, Date.now());
  const chosen = allResourcesSelected ? all : { ids: selected.map(({ id }) => id) };
  const count = totalMore ? t('totalMore', { count: total }) : t('shown', { count: total });
  return (
    <>
      <div className="list-head">
        <div>
          <Text as="p" tone="subdued">
            {count}
          </Text>
          {note && (
            <Text as="p" tone="subdued" variant="bodySm">
              {note}
            </Text>
          )}
        </div>
        {isForAll && (
          <InlineStack gap="200">
            {filter.state === 'attention' && (
              <Button onClick={() => setBulk({ does: 'dismiss', filter: all })}>{t('dismiss.bulkAction')}</Button>
            )}
            <Button onClick={() => setBulk({ does: 'resend', filter: all })}>{t('again.bulkAction')}</Button>
          </InlineStack>
        )}
      </div>
      <EventTable
        items={items}
        place={place}
        selected={selectedResources}
        selectable={{
          selectedItemsCount: allResourcesSelected ? 'All' : selected.length,
          onSelectionChange: handleSelectionChange,
          hasMoreItems: isForAll && hasOthers,
          paginatedSelectAllActionText: t('selectAll'),
          ...(allResourcesSelected && { paginatedSelectAllText: t('allSelected') }),
        }}
        actions={[
          { content: t('again.action'), onAction: () => setBulk({ does: 'resend', filter: chosen }) },
          ...(selected.some(({ state }) => state === 'attention')
            ? [{ content: t('dismiss.action'), onAction: () => setBulk({ does: 'dismiss', filter: chosen }) }]
            : []),
        ]}
        pagination={
          hasOthers && {
            ...pagination,
            hasNext: nextCursor !== null,
            accessibilityLabel: t('pages'),
            accessibilityLabels: { previous: t('newer'), next: t('older') },
          }
        }
      />
      {bulk && <BulkDialog bulk={bulk} onDone={clearSelection} onClose={() => setBulk(null)} />}
    </>
  );
}
