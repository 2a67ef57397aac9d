import type { FactSource, FoundFact } from '../../domain/consent.ts';
import { AHEAD_MS } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { CustomerRead } from '../../domain/translated.ts';
import { tags, textOrNumber } from '../fields.ts';
import { isWithin } from '../is-within.ts';
import { parseExactly } from '../parse-body.ts';
import { firstCountry } from '../translate/read-country.ts';
import { readEmail } from '../translate/read-email.ts';
import { readInstant } from '../translate/read-moment.ts';
import { readPhone } from '../translate/read-phone.ts';
import { translateCustomer } from '../translate/translate-customer.ts';
import { addressBody, customerBody } from './customer-body.ts';
import type { CustomerNode, MetafieldNode } from './nodes.ts';

export type ReadContext = {
  /** When we asked for it: what an event said later is newer. */
  readAt: Instant;
  /**
   * Nothing in the answer was chosen later; left out: nothing after we asked. A file is written some
   * time after that. Between the two, an opt-in's date may also be wrong, and must not undo an opt-out.
   */
  until?: Instant;
  source: Extract<FactSource, 'admin_read' | 'import' | 'reconciliation'>;
  /** ISO 3166-1 alpha-2, the last fallback for reading a phone number. */
  shopCountry: string | null;
  /**
   * This customer's fields that are null because the app's access lacks them, e.g.
   * `defaultEmailAddress.emailAddress`.
   */
  denied?: readonly string[];
  /** The keys we asked for, as `namespace.key`; those without a value count as read and empty. */
  metafieldKeys?: readonly string[];
};

/**
 * Translates a customer read through the Admin API.
 * @throws TranslationError when it has no id
 */
export function translateCustomerNode(
  node: CustomerNode,
  metafields: readonly MetafieldNode[],
  ctx: ReadContext,
): CustomerRead {
  const translated = translateCustomer(customerBody(node, ctx.denied ?? []), {
    topic: 'customers/update',
    triggeredAt: ctx.readAt,
    shopCountry: ctx.shopCountry,
  });
  if (translated.kind !== 'customer') throw new Error('A customer that was read is whole');
  const isDenied = (field: string) => (ctx.denied ?? []).some((path) => isWithin(path, field));
  const { id, createdAt, updatedAt, contact } = translated;
  return {
    id,
    readAt: ctx.readAt,
    createdAt,
    updatedAt,
    contact,
    facts: consentFacts(node, ctx),
    tags: isDenied('tags') || !node.tags ? null : (tags.parse(node.tags) ?? null),
    metafields: isDenied('metafields') ? {} : readMetafields(metafields, ctx.metafieldKeys ?? []),
    dataSaleOptOut: isDenied('dataSaleOptOut') ? null : (node.dataSaleOptOut ?? null),
  };
}

/**
 * The consent for each address that Shopify has it for, dated by SPEC 6.2 for a read: undated if
 * Shopify has no date.
 */
function consentFacts(node: CustomerNode, ctx: ReadContext): FoundFact[] {
  const email = node.defaultEmailAddress;
  const phone = node.defaultPhoneNumber;
  const mail = email?.emailAddress ? readEmail(email.emailAddress) : undefined;
  const country = firstCountry([addressBody(node.defaultAddress), { country_code: ctx.shopCountry }]);
  const read = phone?.phoneNumber ? readPhone(phone.phoneNumber, country) : undefined;
  const number = read?.ok ? read.phone : undefined;
  const ofEmail = email && {
    state: email.marketingState,
    optInLevel: email.marketingOptInLevel,
    updatedAt: email.marketingUpdatedAt,
  };
  const told = [
    ['email', mail, 'defaultEmailAddress.marketingState', ofEmail],
    ['sms', number, 'defaultPhoneNumber.smsMarketingConsent.state', phone?.smsMarketingConsent],
    ['whatsapp', number, 'defaultPhoneNumber.whatsAppMarketingConsent.state', phone?.whatsAppMarketingConsent],
  ] as const;
  return told.flatMap(([channel, written, field, said]): FoundFact[] => {
    if (written === undefined || !said || ctx.denied?.some((path) => isWithin(field, path))) return [];
    const at = readInstant(said.updatedAt ?? undefined);
    const state = said.state?.toLowerCase() ?? null;
    // An opt-in is dated no later than we asked, whatever the clocks.
    const until = state === 'subscribed' ? ctx.readAt : (ctx.until ?? ctx.readAt) + AHEAD_MS;
    return [
      {
        channel,
        address: written.toLowerCase(),
        addressAsWritten: written,
        state,
        level: said.optInLevel?.toLowerCase() ?? null,
        chosenAt: at === undefined ? null : at > until ? ctx.readAt : at,
        source: ctx.source,
      },
    ];
  });
}

/**
 * Values by `namespace.key`. The JSON array of a list type becomes its entries; references and
 * other JSON (rich text, money, ratings, measurements) are left out: they are not text to send.
 */
function readMetafields(found: readonly MetafieldNode[], keys: readonly string[]): Record<string, string[]> {
  const values: Record<string, string[]> = Object.fromEntries(keys.map((key) => [key, []]));
  for (const { namespace, key, type, value } of found) values[`${namespace}.${key}`] = valuesOf(type, value);
  return values;
}

/** Texts that a merchant wrote: what looks like JSON in them is text too. */
const WRITTEN = ['single_line_text_field', 'multi_line_text_field'];

function valuesOf(type: string, value: string): string[] {
  if (type.includes('reference')) return [];
  const isJson = type.startsWith('list.') || type === 'json' || (!WRITTEN.includes(type) && /^\s*[[{]/.test(value));
  const found = isJson ? parseEntries(value) : [value];
  return found.map(textOrNumber.parse).filter((text) => text !== undefined);
}

/** The entries of a JSON array, or a text in JSON; nothing for other JSON. */
function parseEntries(json: string): unknown[] {
  const parsed = parseExactly(json);
  if (typeof parsed === 'string') return [parsed];
  return Array.isArray(parsed) ? parsed : [];
}
