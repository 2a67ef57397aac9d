import type { FieldReason } from '../../server/domain/states.ts';
import { isAt, type JsonLine } from './json-lines.ts';

/** Where a key came from: lines in the message, the settings, or elsewhere. */
export type Origin =
  | { kind: 'message'; place: string }
  /** These lines of the message, by number. */
  | { kind: 'lines'; numbers: ReadonlySet<number> }
  | { kind: 'settings' }
  | { kind: 'elsewhere'; from: string }
  | { kind: 'nowhere' };

/** Reasons that name a topic mean the choice in a message of it. */
const choices: Record<string, string> = {
  'customers_email_marketing_consent/update': 'email_marketing_consent',
  'customers_marketing_consent/update': 'sms_marketing_consent',
};

/** What the Admin API calls a person's own email address and number, and the choices about them. */
const holders: Record<string, string> = {
  email: 'defaultEmailAddress.emailAddress',
  phone: 'defaultPhoneNumber.phoneNumber',
};
const choicesInRecord: Record<string, string> = {
  EmailPermission: 'defaultEmailAddress',
  SMSPermission: 'defaultPhoneNumber.smsMarketingConsent',
};

/** What an Admin API record may call a field of a webhook body. */
function recordPlaces(place: string): string[] {
  const parts = place.split('.').map((part) => part.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()));
  const holder = holders[parts.at(-1) ?? ''];
  return [parts.join('.'), ...(holder ? [[...parts.slice(0, -1), holder].join('.')] : [])];
}

/**
 * Where a field may be in a message, best first. A customer's own message has its fields at the
 * top, not under `customer`.
 */
function placesOf({ key, from }: { key: string; from: string }, topic: string, isRecord: boolean): string[] {
  const choice = choicesInRecord[key];
  if (isRecord && choice && /^Admin API \((import|reconciliation)\)$/.test(from)) return [choice, `customer.${choice}`];
  const place =
    from === topic ? (choices[topic] ?? '') : from.startsWith(`${topic} `) ? from.slice(topic.length + 1) : from;
  const own = isOrder(topic) ? [place] : [place, place.replace(/^customer\./, '')];
  return [...own, ...(isRecord ? own.flatMap(recordPlaces) : [])];
}

const isOrder = (topic: string) => /^(?:import\/)?orders(?:\/|$)/.test(topic);

const within = (line: JsonLine, name: 'tags' | 'metafields') => isAt(line, name) || isAt(line, `customer.${name}`);

/** A message's tags with this prefix, in any case. */
const tagLines = (lines: readonly JsonLine[], prefix: string) =>
  lines.filter((line) => within(line, 'tags') && line.text.toLowerCase().startsWith(`"${prefix.toLowerCase()}`));

/** The record's metafield with this name, `namespace.key`, as a whole. */
function metafieldLines(lines: readonly JsonLine[], name: string): JsonLine[] {
  const own = lines.filter((line) => within(line, 'metafields'));
  const key = name.slice(name.indexOf('.') + 1);
  const at = own.findIndex(({ path, text }) => path.endsWith('metafields.key') && text.includes(`"${key}"`));
  if (at === -1) return [];
  const begin = own.findLastIndex(({ text }, index) => index < at && text.startsWith('{'));
  const end = own.findIndex(({ text }, index) => index > at && text.startsWith('}'));
  return own.slice(begin, end + 1);
}

/**
 * The lines a mapped value came from: `tag interest:…`, `metafield facts.sport`, or several
 * separated by commas.
 */
function mappedLines(from: string, lines: readonly JsonLine[]): JsonLine[] {
  return from.split(', ').flatMap((part) => {
    if (part.startsWith('tag ')) return tagLines(lines, part.slice(4).replace(/…$/, ''));
    return part.startsWith('metafield ') ? metafieldLines(lines, part.slice(10)) : [];
  });
}

/**
 * An Admin API record, which we asked for, has other field names than a message that Shopify sent.
 */
export const isRecord = (event: object | null): boolean => event !== null && '__typename' in event;

const ours = ['__typename', 'metafieldKeys', 'denied'];
const without = (value: object) => Object.fromEntries(Object.entries(value).filter(([key]) => !ours.includes(key)));

/** What Shopify said, without what we store with it. */
export function saidByShopify(event: object): object {
  if (!isRecord(event)) return event;
  const said = without(event);
  const { customer } = said;
  return typeof customer === 'object' && customer !== null ? { ...said, customer: without(customer) } : said;
}

/**
 * Where in a message the field is that a reason names. @param message its topic, its lines, and
 * whether it is an Admin API record
 */
export function originOf(
  { key, from }: Pick<FieldReason, 'key' | 'from'>,
  { topic, lines, isRecord }: { topic: string; lines: readonly JsonLine[]; isRecord: boolean },
): Origin {
  if (from === null) return { kind: 'nowhere' };
  if (from.startsWith('settings.')) return { kind: 'settings' };
  if (key === 'Order' && isOrder(topic)) return { kind: 'message', place: '' };
  const found = placesOf({ key, from }, topic, isRecord).find(
    (one) => one !== '' && lines.some((line) => isAt(line, one)),
  );
  if (found !== undefined) return { kind: 'message', place: found };
  const mapped = mappedLines(from, lines);
  if (mapped.length > 0) return { kind: 'lines', numbers: new Set(mapped.map(({ number }) => number)) };
  return { kind: 'elsewhere', from };
}

/** The parts of an order that `Order` is built from, as webhooks and as the Admin API call them. */
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
  ...['createdAt', 'updatedAt', 'currencyCode', 'displayFinancialStatus', 'displayFulfillmentStatus', 'cancelledAt'],
  ...['sourceName', 'discountCodes', 'lineItems', 'totalPriceSet', 'subtotalPriceSet', 'totalTaxSet'],
  ...['totalDiscountsSet', 'currentTotalPriceSet', 'currentSubtotalPriceSet', 'currentTotalTaxSet'],
  ...['currentTotalDiscountsSet', 'totalShippingPriceSet', 'currentShippingPriceSet'],
];

/** Whether a key came from this line of the message. */
export function isSource(line: JsonLine, origin: Origin | null): boolean {
  if (origin?.kind === 'lines') return origin.numbers.has(line.number);
  if (origin?.kind !== 'message') return false;
  return origin.place === '' ? orderParts.some((part) => isAt(line, part)) : isAt(line, origin.place);
}
