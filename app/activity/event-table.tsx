import { BlockStack, IndexTable, type IndexTableProps, InlineStack, Text, useBreakpoints } from '@shopify/polaris';
import { type MouseEvent, type ReactNode, type RefObject, useEffect, useRef } from 'react';
import type { ActivityItem } from '../../server/store/events/event-list.ts';
import { AppLink } from '../shell/app-link.tsx';
import { useFormat } from '../shell/shop.tsx';
import { textsOf } from '../texts.ts';
import { kindOf, nameOf, shortNotesOf } from './describe-event.ts';
import { StateBadge } from './state-badge.tsx';
import './activity.css';

const t = textsOf('activity');

/** The event last opened from a place in the list: focus returns to it. */
const visited = new Map<string, string>();

/** Returns focus to the row that was opened from this place in the list. */
function useReturnToRow(place: string) {
  const list = useRef<HTMLElement>(null);
  useEffect(() => {
    const id = visited.get(place);
    if (!id) return;
    visited.delete(place);
    // After the page's frame has moved focus to its top.
    const timer = window.setTimeout(() => list.current?.querySelector<HTMLElement>(`[data-event="${id}"]`)?.focus(), 0);
    return () => window.clearTimeout(timer);
  }, [place]);
  return list;
}

/** What one event's row says, for either form of the table. */
function usePartsOf(place: string) {
  const format = useFormat();
  return (item: ActivityItem) => {
    const name = nameOf(item, format);
    const kind = kindOf(item, format);
    const link = (
      <AppLink
        url={`/activity/${item.id}`}
        className="event-link"
        data-event={item.id}
        data-primary-link
        onClick={(event: MouseEvent) => {
          // The row would open it again.
          event.stopPropagation();
          visited.set(place, item.id);
        }}
      >
        {name}
      </AppLink>
    );
    return {
      name,
      link,
      kind: kind && (
        <Text as="span" tone="subdued" variant="bodySm">
          {kind}
        </Text>
      ),
      badge: <StateBadge state={item.state} />,
      note: shortNotesOf(item, format).map((line) => (
        <Text key={line} as="p" tone="subdued" variant="bodySm">
          {line}
        </Text>
      )),
      at: (
        <Text as="span" tone="subdued" variant="bodySm">
          <time dateTime={item.receivedAt}>{format.moment(item.receivedAt)}</time>
        </Text>
      ),
    };
  };
}

/**
 * Polaris says only in an attribute that some rows are selected; the checkbox itself has to know it
 * too, as the rules for `aria-checked` want.
 */
function useIndeterminate(list: RefObject<HTMLElement | null>, selected: readonly string[]): void {
  useEffect(() => {
    if (selected.length === 0) return;
    for (const box of list.current?.querySelectorAll<HTMLInputElement>('input[type=checkbox]') ?? []) {
      box.indeterminate = box.getAttribute('aria-checked') === 'mixed';
    }
  }, [list, selected]);
}

type Parts = ReturnType<ReturnType<typeof usePartsOf>>;

const cells = ({ link, kind, badge, note, at }: Parts): ReactNode => (
  <>
    <IndexTable.Cell as="th" scope="row" className="event-name">
      <BlockStack>
        {link}
        {kind}
      </BlockStack>
    </IndexTable.Cell>
    <IndexTable.Cell>{badge}</IndexTable.Cell>
    <IndexTable.Cell className="event-note">{note}</IndexTable.Cell>
    <IndexTable.Cell className="event-time">{at}</IndexTable.Cell>
  </>
);

const headings = (): IndexTableProps['headings'] => [
  { title: t('columns.event') },
  { title: t('filters.state') },
  { title: t('columns.why') },
  { title: t('columns.received') },
];

/** Where columns don't fit in every language, as on a phone or zoomed, everything is in one cell. Polaris's own condensed rows can't be selected. */
const narrowCell = ({ link, kind, badge, note, at }: Parts): ReactNode => (
  <IndexTable.Cell as="th" scope="row" className="event-narrow">
    <div className="event-narrow-body">
      <InlineStack align="space-between" gap="200">
        {at}
        {badge}
      </InlineStack>
      {link}
      {kind}
      {note}
    </div>
  </IndexTable.Cell>
);

/**
 * A page of events, each linked to its own page. @param place of the page in the list: coming back
 * leads to the same row
 */
export function EventTable(props: {
  items: readonly ActivityItem[];
  place: string;
  selected: readonly string[];
  selectable: Pick<
    IndexTableProps,
    | 'selectedItemsCount'
    | 'onSelectionChange'
    | 'hasMoreItems'
    | 'paginatedSelectAllText'
    | 'paginatedSelectAllActionText'
  >;
  /** What can be done with the selected events. */
  actions: readonly { content: string; onAction: () => void }[];
  pagination: NonNullable<IndexTableProps['pagination']> | false;
}) {
  const { items, place, selected, selectable, actions, pagination } = props;
  const { mdDown } = useBreakpoints();
  const list = useReturnToRow(place);
  useIndeterminate(list, selected);
  const partsOf = usePartsOf(place);
  return (
    <section ref={list} aria-label={t('list')}>
      <IndexTable
        // Another one for each form: Polaris keeps what it measured of the other's actions.
        key={mdDown ? 'narrow' : 'wide'}
        resourceName={{ singular: t('resource.one'), plural: t('resource.many') }}
        itemCount={items.length}
        headings={mdDown ? [{ title: t('columns.event') }] : headings()}
        {...(pagination && { pagination })}
        {...selectable}
        // Where they may not fit Polaris hides them, unless they are in a menu from the start.
        {...{ [mdDown ? 'bulkActions' : 'promotedBulkActions']: [...actions] }}
      >
        {items.map((item, position) => {
          const parts = partsOf(item);
          return (
            <IndexTable.Row
              key={item.id}
              id={item.id}
              position={position}
              selected={selected.includes(item.id)}
              accessibilityLabel={t('selectEvent', { name: parts.name })}
            >
              {mdDown ? narrowCell(parts) : cells(parts)}
            </IndexTable.Row>
          );
        })}
      </IndexTable>
    </section>
  );
}
