import type { AskedChannel, FactSource } from '../../domain/consent.ts';
import { AHEAD_MS } from '../../domain/days.ts';
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
  const { customer_id, email_address, email_marketing_consent: consent } = emailConsentSchema.parse(body);
  const email = email_address === undefined ? undefined : readEmail(email_address);
  return consentOf('email', body, ctx, {
    customerId: customer_id,
    address: email?.toLowerCase(),
    asWritten: email ?? email_address,
    consent,
    date: consent?.consent_updated_at,
  });
}

/**
 * customers_marketing_consent/update, which is about SMS.
 * @throws TranslationError as for email
 */
export function translateSmsConsent(body: Body, ctx: EventContext): Translated {
  const { id, phone, sms_marketing_consent: consent } = smsConsentSchema.parse(body);
  return consentOf('sms', body, ctx, {
    customerId: id,
    address: e164(phone, ctx),
    asWritten: phone,
    consent,
    date: consent?.consent_updated_at,
  });
}

/**
 * customers_whats_app_marketing_consent/update, new in API 2026-07.
 * @throws TranslationError as for email
 */
export function translateWhatsAppConsent(body: Body, ctx: EventContext): Translated {
  const { customer_id, phone_number, whats_app_marketing_consent: consent } = whatsAppConsentSchema.parse(body);
  return consentOf('whatsapp', body, ctx, {
    customerId: customer_id,
    address: e164(phone_number, ctx),
    asWritten: phone_number,
    consent,
    date: consent?.updated_at,
  });
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
function readOf(body: Body): { source: FactSource; readAt?: Instant } {
  if (!('__typename' in body)) return { source: 'consent_topic' };
  const readAt = readWrittenDate(body['read_at']);
  return { source: 'admin_read', ...(typeof readAt === 'number' && { readAt }) };
}

/** What the topics say, each in words of its own. */
type Told = {
  customerId: ShopifyId | undefined;
  address: string | undefined;
  asWritten: string | undefined;
  consent: { state?: string | undefined; opt_in_level?: string | undefined } | undefined;
  date: WrittenDate | undefined;
};

function consentOf(channel: AskedChannel, body: Body, ctx: EventContext, told: Told): Translated {
  const shortened = shortenedTo(body, channel);
  if (shortened) return shortened;
  const { customerId, address, asWritten, consent, date = 'none' } = told;
  if (customerId === undefined && address === undefined) {
    throw new TranslationError('consent_without_person');
  }
  const { source, readAt } = readOf(body);
  const state = consent?.state?.toLowerCase() ?? null;
  const isOptIn = state === 'subscribed';
  // What was read may be newer than the message that was shortened, if it says so. As in any other read, an
  // opt-in is dated no later than we asked, whatever the clocks.
  const latest = readAt === undefined || date === 'none' ? ctx.triggeredAt : readAt + (isOptIn ? 0 : AHEAD_MS);
  // What a read says later confirms it, by our clock.
  const heardAt = Math.min(ctx.triggeredAt, ctx.receivedAt ?? ctx.triggeredAt);
  return {
    kind: 'consent',
    customerId: customerId ?? null,
    fact: {
      channel,
      address: address ?? null,
      addressAsWritten: asWritten ?? null,
      state,
      level: consent?.opt_in_level?.toLowerCase() ?? null,
      ...readChosenAt(date, { triggeredAt: heardAt, latest }, isOptIn),
      source,
    },
  };
}

function e164(phone: string | undefined, ctx: EventContext): string | undefined {
  const read = phone === undefined ? undefined : readPhone(phone, ctx.shopCountry);
  return read?.ok ? read.phone : undefined;
}
