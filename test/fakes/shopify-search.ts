/** What a search looks at in a customer or an order. */
type Searchable = { id: string; createdAt: string; updatedAt: string; processedAt?: string };

const TERM = /(\w+):(>=|<=|>|<|=)?("[^"]*"|'[^']*'|[^\s()]+)/g;
const FIELDS: Record<string, (one: Searchable) => string | undefined> = {
  id: (one) => one.id.split('/').at(-1),
  created_at: (one) => one.createdAt,
  updated_at: (one) => one.updatedAt,
  processed_at: (one) => one.processedAt,
};

function compare(operator: string, found: number, wanted: number): boolean {
  switch (operator) {
    case '>=':
      return found >= wanted;
    case '<=':
      return found <= wanted;
    case '>':
      return found > wanted;
    case '<':
      return found < wanted;
    default:
      return found === wanted;
  }
}

/** @param wholeDays customers: `updated_at` is compared by day */
function matchesTerm(
  one: Searchable,
  [, field = '', operator = '=', quoted = '']: string[],
  wholeDays: boolean,
): boolean {
  const value = FIELDS[field]?.(one);
  // Shopify ignores a filter it doesn't know, and warns.
  if (value === undefined) return true;
  const wanted = quoted.replaceAll(/^['"]|['"]$/g, '');
  if (field === 'id') return compare(operator, Number(value), Number(wanted.split('/').at(-1)));
  const round = (text: string) => Date.parse(wholeDays && field === 'updated_at' ? text.slice(0, 10) : text);
  return compare(operator, round(value), round(wanted));
}

/**
 * As much of Shopify's search syntax as the app uses: `field:>=value`, quoted or not, joined by
 * spaces, AND, or OR.
 */
export function search<T extends Searchable>(
  all: Iterable<T>,
  query: string | null | undefined,
  wholeDays: boolean,
): T[] {
  const either = (query ?? '').split(/\sOR\s/i).map((part) => [...part.matchAll(TERM)]);
  return [...all].filter((one) => either.some((terms) => terms.every((term) => matchesTerm(one, term, wholeDays))));
}
