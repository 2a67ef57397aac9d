/** Bodies shaped as Shopify's are, about people who don't exist. Times are ISO texts. */

import { MINUTE, SECOND } from '../durations.ts';

export { DAY, MINUTE, SECOND } from '../durations.ts';

export const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

export function customer(id: number | string, over: object = {}) {
  return {
    id,
    email: `person${id}@example.com`,
    first_name: 'Robin',
    last_name: 'Example',
    phone: null,
    created_at: ago(MINUTE),
    updated_at: ago(SECOND),
    ...over,
  };
}

/** An order's part about who bought it. */
export const buyer = (id: number) => ({
  customer: { id, email: `person${id}@example.com`, first_name: 'Robin' },
});

export function order(id: number | string, over: object = {}) {
  return {
    id,
    name: `#${id}`,
    email: `person${id}@example.com`,
    created_at: ago(SECOND),
    processed_at: ago(SECOND),
    updated_at: ago(SECOND),
    currency: 'USD',
    total_price: '19.90',
    buyer_accepts_marketing: false,
    line_items: [{ title: 'Day pass', quantity: 1, price: '19.90' }],
    ...over,
  };
}

export function emailConsent(customerId: number | string, state: string, chosenAt: string | null, over: object = {}) {
  return {
    customer_id: customerId,
    email_address: `person${customerId}@example.com`,
    email_marketing_consent: {
      state,
      opt_in_level: state === 'subscribed' ? 'single_opt_in' : null,
      consent_updated_at: chosenAt,
    },
    ...over,
  };
}

export function smsConsent(customerId: number | string, state: string, chosenAt: string | null, phone: string | null) {
  return {
    id: customerId,
    phone,
    sms_marketing_consent: {
      state,
      opt_in_level: state === 'subscribed' ? 'single_opt_in' : null,
      consent_updated_at: chosenAt,
      consent_collected_from: 'other',
    },
  };
}

export const EMAIL = 'customers_email_marketing_consent/update';
export const SMS = 'customers_marketing_consent/update';
