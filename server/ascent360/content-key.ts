import { type PayloadDraft, payloadFields } from './payload-contract.ts';

/** Not content: they change with every touch, or are only there when due. */
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

/** The names of all other keys, at whatever level, in order. */
const KEYS = [
  ...new Set(
    payloadFields()
      .map(({ key }) => key)
      .filter((key) => !LEFT_OUT.has(key))
      .map((key) => key.slice(key.lastIndexOf('.') + 1)),
  ),
].sort();

/**
 * The content of a payload as canonical JSON (keys sorted, no white space): two payloads with the same text would tell
 * Ascent360 the same about a person and an order. Permissions, lists, `Order.UpdatedAt` and `Order.Event` are no content, nor
 * is the time zone in which a moment is written: webhooks have the shop's, the Admin API UTC.
 * Holds personal data: store it hashed.
 */
export function contentKey(payload: PayloadDraft): string {
  const { Order: order } = payload;
  const content = order
    ? {
        ...payload,
        Order: { ...order, CreatedAt: momentOf(order.CreatedAt), CancelledAt: momentOf(order.CancelledAt) },
      }
    : payload;
  // Given names, JSON.stringify writes these and no others, in their order.
  return JSON.stringify(content, KEYS);
}

function momentOf(written: string | undefined): string | number | undefined {
  const at = Date.parse(written ?? '');
  return Number.isNaN(at) ? written : at;
}
