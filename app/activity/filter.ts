import { withQuery } from '../api.ts';

/**
 * What the list shows, from its URL. Empty texts mean any. Days as `YYYY-MM-DD`, in the shop's time
 * zone, or times in ISO 8601. Several states and sources are separated by commas.
 */
const names = ['q', 'state', 'reason', 'topic', 'source', 'from', 'to', 'import', 'person', 'optOuts'] as const;
export type Filter = Record<(typeof names)[number], string>;

export const noFilter: Filter = {
  q: '',
  state: '',
  reason: '',
  topic: '',
  source: '',
  from: '',
  to: '',
  import: '',
  person: '',
  optOuts: '',
};

/** A day, as the date fields need it, or nothing for a time. */
export const isDay = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text);

const moments: readonly string[] = ['from', 'to'] satisfies (keyof Filter)[];

/** The filter that a URL's query names, without times that are none. */
export function readFilter(search: string): Filter {
  const query = new URLSearchParams(search);
  const filter = { ...noFilter };
  for (const name of names) {
    const text = query.get(name) ?? '';
    filter[name] = moments.includes(name) && Number.isNaN(Date.parse(text)) ? '' : text;
  }
  return filter;
}

export const isSame = (one: Filter, other: Filter): boolean => names.every((name) => one[name] === other[name]);

/** Whether anything is filtered out. */
export const isFiltered = (filter: Filter): boolean => !isSame(filter, noFilter);

/** The filter as `POST /api/activity/retry` takes it. */
export const filterBody = (filter: Filter) =>
  Object.fromEntries(names.flatMap((name) => (filter[name] === '' ? [] : [[name, filter[name]]])));

/** The filter as a URL's query. */
export const queryOf = (filter: Filter): string => new URLSearchParams(filterBody(filter)).toString();

/** The URL of the list with this filter. */
export const listAddress = (filter: Partial<Filter> & { view?: string }) => withQuery('/activity', filter);
