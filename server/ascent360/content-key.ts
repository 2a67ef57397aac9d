import { type PayloadDraft, payloadFields } from './payload-contract.ts';

/** Not content: these change on every update, or are only present when due. */
const LEFT_OUT = new Set([
  'EmailPermission',
  'PhonePermission',
  'SMSPermission',
  'AddressPermission',
  'ProviderType',
  'ListIds',
  'Order.UpdatedAt',
  'Order.Event',
]);

/** The keys of an object that count as content, sorted, each with those of its nested objects. */
type Level = { key: string; inner: Level | null }[];

/** The keys under a prefix as in payloadFields: `Order.`, `Order.Items[].`. */
function levelOf(prefix: string): Level {
  const keys = payloadFields()
    .map(({ key }) => key)
    .filter((key) => !LEFT_OUT.has(key));
  return keys
    .filter((key) => key.startsWith(prefix) && !/[.[]/.test(key.slice(prefix.length)))
    .sort()
    .map((key) => {
      const within = [`${key}.`, `${key}[].`].find((start) => keys.some((other) => other.startsWith(start)));
      return { key: key.slice(prefix.length), inner: within === undefined ? null : levelOf(within) };
    });
}

const CONTENT = levelOf('');

/**
 * The content of a payload as canonical JSON (keys sorted, no white space): two payloads with the
 * same text say the same to Ascent360 about a person and an order. Permissions, lists,
 * `Order.UpdatedAt` and `Order.Event` don't count as content, nor does the time zone of a date:
 * webhooks use the shop's, the Admin API uses UTC. Nor does the order of a list of texts: a read
 * gives tags in another order than the events that added them. Holds personal data: store it hashed.
 */
export function contentKey(payload: PayloadDraft): string {
  const { Order: order } = payload;
  const content = order
    ? {
        ...payload,
        Order: { ...order, CreatedAt: momentOf(order.CreatedAt), CancelledAt: momentOf(order.CancelledAt) },
      }
    : payload;
  return JSON.stringify(pick(content, CONTENT));
}

type Held = Readonly<Record<string, unknown>>;
const isHeld = (value: unknown): value is Held => typeof value === 'object' && value !== null;

/**
 * The content of an object, or of each object in a list. JSON.stringify keeps the order of the
 * keys.
 */
function pick(value: Held, level: Level): object {
  if (Array.isArray(value)) return value.map((entry) => pick(entry, level));
  const content: Record<string, unknown> = {};
  for (const { key, inner } of level) {
    const found = value[key];
    if (found === undefined) continue;
    if (inner && isHeld(found)) content[key] = pick(found, inner);
    else content[key] = Array.isArray(found) ? found.toSorted() : found;
  }
  return content;
}

function momentOf(written: string | undefined): string | number | undefined {
  const at = Date.parse(written ?? '');
  return Number.isNaN(at) ? written : at;
}
