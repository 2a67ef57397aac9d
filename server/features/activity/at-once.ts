/** How many are read at a time: 10,000 then need little memory, and other requests are answered in between. */
export const AT_ONCE = 50;
/** What is stored as more bytes than this may be an order of 10 MB: others get their turn after it. */
export const LARGE_BYTES = 16 * 1024;

/** The same in groups: the large ones each by itself. */
export function largeAlone<T>(these: readonly T[], bytesOf: (one: T) => number): T[][] {
  const { small = [], large = [] } = Object.groupBy(these, (one) => (bytesOf(one) > LARGE_BYTES ? 'large' : 'small'));
  return [...(small.length > 0 ? [small] : []), ...large.map((one) => [one])];
}
