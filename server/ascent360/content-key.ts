/** Not content: they change with every touch, or are only there when due. */
const LEFT_OUT = new Set([
  'EmailPermission',
  'PhonePermission',
  'SMSPermission',
  'AddressPermission',
  'ProviderType',
  'ListIds',
]);
const LEFT_OUT_OF_ORDER = new Set(['UpdatedAt', 'Event']);
/** Webhooks write a moment in the shop's time zone, the Admin API the same moment in UTC. */
const MOMENTS = new Set(['CreatedAt', 'CancelledAt']);

/**
 * The content of a payload as canonical JSON (keys sorted, no white space): two payloads with the same text would tell
 * Ascent360 the same about a person and an order. Permissions, lists, `Order.UpdatedAt` and `Order.Event` are no content, nor
 * is the time zone in which a moment is written.
 * Holds personal data: store it hashed.
 */
export function contentKey(payload: object): string {
  const content = Object.fromEntries(
    Object.entries(payload)
      .filter(([key]) => !LEFT_OUT.has(key))
      .map(([key, value]: [string, unknown]) => [key, key === 'Order' ? withoutTouches(value) : value]),
  );
  return canonical(content);
}

/** As JSON.stringify with the keys of every object sorted, and much faster than that with a function that sorts. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((entry) => canonical(entry ?? null)).join()}]`;
  if (!isPlain(value)) return JSON.stringify(value);
  const entries: [string, unknown][] = Object.entries(value).filter(([, entry]) => entry !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry)}`).join()}}`;
}

function withoutTouches(order: unknown): unknown {
  if (!isPlain(order)) return order;
  return Object.fromEntries(
    Object.entries(order)
      .filter(([key]) => !LEFT_OUT_OF_ORDER.has(key))
      .map(([key, value]: [string, unknown]) => [key, MOMENTS.has(key) ? momentOf(value) : value]),
  );
}

function momentOf(written: unknown): unknown {
  const at = typeof written === 'string' ? Date.parse(written) : Number.NaN;
  return Number.isNaN(at) ? written : at;
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
