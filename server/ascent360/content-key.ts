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
const MOMENTS = ['CreatedAt', 'CancelledAt'] as const;
const NOTHING: ReadonlySet<string> = new Set();

/**
 * The content of a payload as canonical JSON (keys sorted, no white space): two payloads with the same text would tell
 * Ascent360 the same about a person and an order. Permissions, lists, `Order.UpdatedAt` and `Order.Event` are no content, nor
 * is the time zone in which a moment is written.
 * Holds personal data: store it hashed.
 */
export function contentKey(payload: object): string {
  const content = sorted(payload, LEFT_OUT);
  if (isPlain(content.Order)) content.Order = orderContent(content.Order);
  return JSON.stringify(content);
}

function orderContent(order: object): Record<string, unknown> {
  const content = sorted(order, LEFT_OUT_OF_ORDER);
  for (const key of MOMENTS) if (key in content) content[key] = momentOf(content[key]);
  return content;
}

function momentOf(written: unknown): unknown {
  const at = typeof written === 'string' ? Date.parse(written) : Number.NaN;
  return Number.isNaN(at) ? written : at;
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The same object with its keys in order, down to the last, and without some of its own. */
function sorted(value: object, leftOut = NOTHING): Record<string, unknown> {
  const from: Record<string, unknown> = { ...value };
  const made: Record<string, unknown> = {};
  for (const key of Object.keys(from).sort()) if (!leftOut.has(key)) made[key] = sortedValue(from[key]);
  return made;
}

function sortedValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedValue);
  return isPlain(value) ? sorted(value) : value;
}
