import type { AskedChannel, Channel, FactSource } from '../../domain/consent.ts';
import type { Instant, ShopifyId } from '../../domain/scalars.ts';
import { type EventContext, type Translated, TranslationError } from '../../domain/translated.ts';
import { exactId, isIdOnly } from '../fields.ts';
import type { Body } from '../parse-body.ts';
import { consentIdSchema, emailConsentSchema, smsConsentSchema, whatsAppConsentSchema } from '../payloads.ts';
import { readEmail } from './read-email.ts';
import { readChosenAt, readWrittenDate, type WrittenDate } from './read-moment.ts';
import { readPhone } from './read-phone.ts';

/**
 * customers_email_marketing_consent/update.
 * @throws TranslationError when neither customer nor address is named
 */
export function translateEmailConsent(body: Body, ctx: EventContext): Translated {
  const shortened = shortenedTo(body, 'email');
  if (shortened) return shortened;
  const { customer_id, email_address, email_marketing_consent: consent } = emailConsentSchema.parse(body);
  const email = email_address === undefined ? undefined : readEmail(email_address);
  return consentOf(
    'email',
    customer_id,
    { address: email?.toLowerCase(), asWritten: email ?? email_address },
    {
      state: consent?.state,
      level: consent?.opt_in_level,
      date: consent?.consent_updated_at ?? 'none',
      triggeredAt: ctx.triggeredAt,
      ...readOf(body),
    },
  );
}

/**
 * customers_marketing_consent/update, which is about SMS.
 * @throws TranslationError as for email
 */
export function translateSmsConsent(body: Body, ctx: EventContext): Translated {
  const shortened = shortenedTo(body, 'sms');
  if (shortened) return shortened;
  const { id, phone, sms_marketing_consent: consent } = smsConsentSchema.parse(body);
  return consentOf(
    'sms',
    id,
    { address: e164(phone, ctx), asWritten: phone },
    {
      state: consent?.state,
      level: consent?.opt_in_level,
      date: consent?.consent_updated_at ?? 'none',
      triggeredAt: ctx.triggeredAt,
      ...readOf(body),
    },
  );
}

/**
 * customers_whats_app_marketing_consent/update, new in API 2026-07.
 * @throws TranslationError as for email
 */
export function translateWhatsAppConsent(body: Body, ctx: EventContext): Translated {
  const shortened = shortenedTo(body, 'whatsapp');
  if (shortened) return shortened;
  const { customer_id, phone_number, whats_app_marketing_consent: consent } = whatsAppConsentSchema.parse(body);
  return consentOf(
    'whatsapp',
    customer_id,
    { address: e164(phone_number, ctx), asWritten: phone_number },
    {
      state: consent?.state,
      level: consent?.opt_in_level,
      date: consent?.updated_at ?? 'none',
      triggeredAt: ctx.triggeredAt,
      ...readOf(body),
    },
  );
}

/** A body that only names the customer says nothing about a choice, not even that there is none. */
function shortenedTo(body: Body, channel: AskedChannel): Translated | null {
  if (!isIdOnly(body)) return null;
  const { customer_id, id, admin_graphql_api_id } = consentIdSchema.parse(body);
  const customerId = customer_id ?? exactId(id, admin_graphql_api_id);
  return customerId === undefined ? null : { kind: 'incomplete', what: 'customer', id: customerId, choiceOf: channel };
}

/**
 * A body that Shopify had shortened was read, and names the customer's address and choice of that
 * moment.
 */
function readOf(body: Body): Pick<Choice, 'source' | 'readAt'> {
  if (!('__typename' in body)) return { source: 'consent_topic' };
  const readAt = readWrittenDate(body['read_at']);
  return { source: 'admin_read', ...(typeof readAt === 'number' && { readAt }) };
}

type Choice = {
  state: string | undefined;
  level: string | undefined;
  date: WrittenDate;
  triggeredAt: Instant;
  /** When it was read, if that was later. */
  readAt?: Instant;
  source: FactSource;
};

function consentOf(
  channel: Channel,
  customerId: ShopifyId | undefined,
  { address, asWritten }: { address: string | undefined; asWritten: string | undefined },
  { state, level, date, triggeredAt, readAt = triggeredAt, source }: Choice,
): Translated {
  if (customerId === undefined && address === undefined) {
    throw new TranslationError(
      'consent_without_person',
      `The ${channel} consent names neither a customer id nor an address`,
    );
  }
  return {
    kind: 'consent',
    customerId: customerId ?? null,
    fact: {
      channel,
      address: address ?? null,
      addressAsWritten: asWritten ?? null,
      state: state?.toLowerCase() ?? null,
      level: level?.toLowerCase() ?? null,
      // What was read may be newer than the message that was shortened, if it says so.
      ...readChosenAt(date, date === 'none' ? triggeredAt : readAt, state?.toLowerCase() === 'subscribed'),
      source,
    },
  };
}

function e164(phone: string | undefined, ctx: EventContext): string | undefined {
  const read = phone === undefined ? undefined : readPhone(phone, ctx.shopCountry);
  return read?.ok ? read.phone : undefined;
}
