import { DAY, MINUTE } from '../../server/domain/days.ts';
import { withQuery } from '../api.ts';

/**
 * What the list shows, from its URL. Empty texts mean any. Days as `YYYY-MM-DD`, in the shop's time
 * zone, or times in ISO 8601. Several states and sources are separated by commas. `last`: one of
 * `spans`, in place of `from` and `to`.
 */
export const noFilter = {
  q: '',
  state: '',
  reason: '',
  topic: '',
  source: '',
  from: '',
  to: '',
  last: '',
  import: '',
  person: '',
  optOuts: '',
  missed: '',
};
export type Filter = typeof noFilter;
const names = Object.keys(noFilter) as (keyof Filter)[];

/** The kinds of event that can be chosen. */
export const eventTopics: readonly string[] = [
  ...['orders/create', 'orders/updated', 'customers/create', 'customers/update'],
  ...['customers_email_marketing_consent/update', 'customers_marketing_consent/update'],
  ...['customers_whats_app_marketing_consent/update', 'customer.tags_added', 'customer.tags_removed'],
  ...['customers/delete', 'customers/merge', 'app/uninstalled', 'app/scopes_update', 'shop/update'],
  ...['customers/data_request', 'customers/redact', 'shop/redact', 'import/orders', 'import/customers'],
  ...['person/read', 'person/opt_out', 'person/send', 'flow/send'],
];

/** Times up to now, as the overview counts them, in milliseconds. */
const lengths = { '24h': DAY, '7d': 7 * DAY, '30d': 30 * DAY };
type Span = keyof typeof lengths;
export const spans: readonly Span[] = ['24h', '7d', '30d'];
export const spanOf = (text: string): Span | null => spans.find((span) => span === text) ?? null;

/** A day, as the date fields need it, or nothing for a time. */
export const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text);

const moments: readonly string[] = ['from', 'to'] satisfies (keyof Filter)[];

/** A filter with the parts that a URL or a saved view names, without times that are none. */
function filterOf(partOf: (name: keyof Filter) => string | null | undefined): Filter {
  const filter = { ...noFilter };
  for (const name of names) {
    const text = partOf(name) ?? '';
    filter[name] = moments.includes(name) && Number.isNaN(Date.parse(text)) ? '' : text;
  }
  const span = spanOf(filter.last);
  return span ? { ...filter, last: span, from: '', to: '' } : { ...filter, last: '' };
}

/** The filter that a URL's query names. */
export function readFilter(search: string): Filter {
  const query = new URLSearchParams(search);
  return filterOf((name) => query.get(name));
}

/** The filter that a saved view keeps. */
export const readKept = (kept: Record<string, string>): Filter => filterOf((name) => kept[name]);

export const isSame = (one: Filter, other: Filter): boolean => names.every((name) => one[name] === other[name]);

/** Whether anything is filtered out. */
export const isFiltered = (filter: Filter): boolean => !isSame(filter, noFilter);

/** The parts of a filter that are set. */
export const partsOf = (filter: Filter): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (filter[name] === '' ? [] : [[name, filter[name]]])));

/** The filter as the merchant API takes it: a time up to now begins at a moment. */
export function asked({ last, ...filter }: Filter, now: number): Record<string, string> {
  const span = spanOf(last);
  return partsOf({
    ...filter,
    last: '',
    ...(span && { from: new Date(now - lengths[span]).toISOString() }),
  });
}

/**
 * A filter as a view keeps it: without what was searched for, which is mostly an email address. The
 * moments of a figure of the overview become the time up to now that they were.
 */
export function keptFilter(filter: Filter): Filter {
  const length = Date.parse(filter.to) - Date.parse(filter.from);
  // A figure may end a little after it was counted: never a whole minute.
  const span = isDay(filter.from)
    ? undefined
    : spans.find((one) => length >= lengths[one] && length < lengths[one] + MINUTE);
  return { ...filter, q: '', ...(span && { from: '', to: '', last: span }) };
}

/** The URL of the list with this filter. */
export const listAddress = (filter: Partial<Filter> & { view?: string }) => withQuery('/activity', filter);
