import type { AskedChannel } from '../../domain/consent.ts';
import type { Instant } from '../../domain/scalars.ts';
import { isWithin } from '../is-within.ts';
import type { CustomerNode } from './nodes.ts';

/**
 * What a customer chose, in the form of the channel's consent topic, so that the same code handles
 * it; null if the app may not see it. Its type name says that it was read.
 * @param denied the paths of the customer's fields that the app may not see
 * @param readAt when Shopify was asked
 */
export function consentBody(
  node: CustomerNode,
  channel: AskedChannel,
  denied: readonly string[],
  readAt: Instant,
): Record<string, unknown> | null {
  const source = channel === 'email' ? 'defaultEmailAddress' : 'defaultPhoneNumber';
  if (denied.some((path) => isWithin(path, source))) return null;
  const email = node.defaultEmailAddress;
  const number = node.defaultPhoneNumber;
  const read = { __typename: 'Consent', read_at: new Date(readAt).toISOString() };
  switch (channel) {
    case 'email':
      return {
        ...read,
        customer_id: node.id,
        email_address: email?.emailAddress ?? null,
        email_marketing_consent: {
          state: email?.marketingState ?? null,
          opt_in_level: email?.marketingOptInLevel ?? null,
          consent_updated_at: email?.marketingUpdatedAt ?? null,
        },
      };
    case 'sms':
      return {
        ...read,
        id: node.id,
        phone: number?.phoneNumber ?? null,
        sms_marketing_consent: {
          state: number?.smsMarketingConsent?.state ?? null,
          opt_in_level: number?.smsMarketingConsent?.optInLevel ?? null,
          consent_updated_at: number?.smsMarketingConsent?.updatedAt ?? null,
        },
      };
    case 'whatsapp':
      return {
        ...read,
        customer_id: node.id,
        phone_number: number?.phoneNumber ?? null,
        whats_app_marketing_consent: {
          state: number?.whatsAppMarketingConsent?.state ?? null,
          opt_in_level: number?.whatsAppMarketingConsent?.optInLevel ?? null,
          updated_at: number?.whatsAppMarketingConsent?.updatedAt ?? null,
        },
      };
  }
}
