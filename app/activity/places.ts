import type { FieldReason } from '../../server/domain/states.ts';
import { isAt, type JsonLine } from './json-lines.ts';

/** Where a key came from: lines of the message, the settings, or elsewhere. */
export type Origin =
  | { kind: 'message'; place: string }
  | { kind: 'settings' }
  | { kind: 'elsewhere'; from: string }
  | { kind: 'nowhere' };

/** Reasons that name a topic mean the choice in a message of it. */
const choices: Record<string, string> = {
  'customers_email_marketing_consent/update': 'email_marketing_consent',
  'customers_marketing_consent/update': 'sms_marketing_consent',
};

/** What an imported record, which is in the words of the Admin API, calls a place of a webhook's body. */
const imported: Record<string, string> = {
  email: 'defaultEmailAddress.emailAddress',
  phone: 'defaultPhoneNumber.phoneNumber',
};
const importedPlace = (place: string): string =>
  imported[place] ?? place.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/**
 * Where in a message what a field's reason names is.
 * @param topic of the message
 */
export function originOf({ key, from }: FieldReason, topic: string, lines: readonly JsonLine[]): Origin {
  if (from === null) return { kind: 'nowhere' };
  if (from.startsWith('settings.')) return { kind: 'settings' };
  const isOrder = topic.startsWith('orders/');
  if (key === 'Order' && isOrder) return { kind: 'message', place: '' };
  const place =
    from === topic ? (choices[topic] ?? '') : from.startsWith(`${topic} `) ? from.slice(topic.length + 1) : from;
  const known = [place, ...(topic.startsWith('import/') ? [importedPlace(place)] : [])];
  const found = known.find((one) => one !== '' && lines.some((line) => isAt(line, one)));
  if (found !== undefined) return { kind: 'message', place: found };
  return { kind: 'elsewhere', from };
}

/** The parts of an order that `Order` is made from. */
const orderParts = [
  ...['id', 'name', 'created_at', 'updated_at', 'currency', 'financial_status', 'fulfillment_status', 'cancelled_at'],
  ...['source_name', 'test', 'discount_codes', 'line_items', 'total_price', 'subtotal_price', 'total_tax'],
  ...[
    'total_discounts',
    'current_total_price',
    'current_subtotal_price',
    'current_total_tax',
    'current_total_discounts',
  ],
  ...['total_shipping_price_set', 'current_shipping_price_set'],
];

/** Whether a line of the message is where a key came from. */
export function isSource(line: JsonLine, origin: Origin | null): boolean {
  if (origin?.kind !== 'message') return false;
  return origin.place === '' ? orderParts.some((part) => isAt(line, part)) : isAt(line, origin.place);
}
