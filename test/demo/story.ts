import { topics } from '../../server/shopify/topics.ts';
import { MINUTE } from '../durations.ts';
import type { Flag } from '../fakes/ascent360.ts';
import { emailOf, type FakeCustomer, phoneOf } from '../fakes/shopify-shop.ts';
import { bodyText, sampleOf } from './samples.ts';
import { LEAVING_SHOP, SHOP, type World } from './world.ts';

/**
 * An explicit choice as the person made it. Ascent360 must end up with the newest one per address.
 */
export type Choice = { flag: Flag; address: string; value: boolean; at: number };

/** One webhook of the demo. */
export type Step = {
  topic: string;
  body: string;
  title?: string;
  /** Milliseconds; by default now. */
  triggeredAt?: number;
  shop?: string;
  choice?: Choice;
  /** Sent with the webhook id of the step before, like Shopify's retry. */
  again?: true;
  /** Runs right before it is sent. */
  prepare?(world: World): void;
};

export type Chapter = { title: string; steps: Step[] };

const LAST = new Set(['customers/delete', 'app/uninstalled']);

/**
 * Shopify's own samples of every subscribed topic. Its orders are test orders, so they are also
 * sent as real ones.
 */
export function samples(): Chapter {
  const steps = topics
    .filter(({ name, subscribed }) => subscribed && !LAST.has(name))
    .flatMap(({ name, family }): Step[] => {
      const body = sampleOf(name);
      const asIs: Step = { topic: name, body: bodyText(body) };
      if (family !== 'order') return [asIs];
      return [
        { ...asIs, title: 'As it is: a test order' },
        { topic: name, body: bodyText({ ...body, test: false }), title: 'The same as a real order' },
      ];
    });
  return { title: "Shopify's own sample of every topic", steps };
}

const EMAIL = 'mia.berg@example.com';
const MOBILE = '+13035550142';
const CUSTOMER = 7718204473521;

const mia = {
  id: CUSTOMER,
  admin_graphql_api_id: `gid://shopify/Customer/${CUSTOMER}`,
  first_name: 'Mia',
  last_name: 'Berg',
  email: EMAIL,
  phone: null,
};
const home = {
  first_name: 'Mia',
  last_name: 'Berg',
  address1: '12 Summit Street',
  address2: null,
  city: 'Leadville',
  zip: '80461',
  province: 'Colorado',
  province_code: 'CO',
  country: 'United States',
  country_code: 'US',
  phone: '(303) 555-0117',
};
/** Her record in the shop's Admin API from a step on. */
const miaIs =
  (change: Partial<FakeCustomer>) =>
  ({ admin }: World) => {
    const shop = admin.shop(SHOP);
    shop.setCustomer({ ...shop.customers.get(mia.admin_graphql_api_id), ...change, id: CUSTOMER });
  };
const homeThere = {
  firstName: home.first_name,
  lastName: home.last_name,
  phone: home.phone,
  address1: home.address1,
  address2: home.address2,
  city: home.city,
  zip: home.zip,
  province: home.province,
  provinceCode: home.province_code,
  country: home.country,
  countryCodeV2: home.country_code,
};
const single = 'SINGLE_OPT_IN';

const iso = (at: number) => new Date(at).toISOString();

function order(number: number, at: number, change: object): string {
  const id = 6120443900000 + number;
  return JSON.stringify({
    id,
    admin_graphql_api_id: `gid://shopify/Order/${id}`,
    name: `#${number}`,
    created_at: iso(at),
    processed_at: iso(at),
    updated_at: iso(at),
    cancelled_at: null,
    test: false,
    source_name: 'web',
    email: EMAIL,
    contact_email: EMAIL,
    phone: null,
    buyer_accepts_marketing: false,
    currency: 'USD',
    financial_status: 'paid',
    fulfillment_status: null,
    current_total_price: '129.00',
    current_subtotal_price: '119.00',
    current_total_tax: '0.00',
    current_total_discounts: '0.00',
    total_shipping_price_set: { shop_money: { amount: '10.00', currency_code: 'USD' } },
    discount_codes: [],
    line_items: [{ sku: 'SKIN-110', title: 'Climbing skins', quantity: 1, current_quantity: 1, price: '119.00' }],
    billing_address: home,
    shipping_address: home,
    customer: { ...mia, default_address: home },
    ...change,
  });
}

function emailConsent(state: 'subscribed' | 'unsubscribed', at: number): string {
  return JSON.stringify({
    customer_id: CUSTOMER,
    email_address: EMAIL,
    email_marketing_consent: { state, opt_in_level: 'single_opt_in', consent_updated_at: iso(at) },
  });
}

/** One shopper over the last eight minutes. She doesn't exist. */
export function story(now: number): Chapter {
  const ago = (minutes: number) => Math.floor((now - minutes * MINUTE) / 1000) * 1000;
  const consent = 'customers_email_marketing_consent/update';
  const email = (value: boolean, at: number): Choice => ({ flag: 'EmailPermission', address: EMAIL, value, at });
  const steps: Step[] = [
    {
      title: 'Mia buys as a guest and ticks the box',
      topic: 'orders/create',
      body: order(1001, ago(8), { customer: null, buyer_accepts_marketing: true }),
      triggeredAt: ago(8),
      choice: email(true, ago(8)),
    },
    {
      title: 'Shopify sends it once more',
      topic: 'orders/create',
      body: order(1001, ago(8), { customer: null, buyer_accepts_marketing: true }),
      triggeredAt: ago(8),
      again: true,
    },
    {
      title: 'She makes an account',
      topic: 'customers/create',
      body: JSON.stringify({ ...mia, created_at: iso(ago(7)), updated_at: iso(ago(7)), default_address: home }),
      triggeredAt: ago(7),
      prepare: miaIs({
        firstName: mia.first_name,
        lastName: mia.last_name,
        createdAt: iso(ago(7)),
        updatedAt: iso(ago(7)),
        defaultAddress: homeThere,
        defaultEmailAddress: emailOf(EMAIL),
      }),
    },
    {
      title: 'Her opt-in there: the same choice again',
      topic: consent,
      body: emailConsent('subscribed', ago(7)),
      triggeredAt: ago(7),
      prepare: miaIs({
        defaultEmailAddress: emailOf(EMAIL, {
          marketingState: 'SUBSCRIBED',
          marketingOptInLevel: single,
          marketingUpdatedAt: iso(ago(7)),
        }),
      }),
      choice: email(true, ago(7)),
    },
    {
      title: 'The shop tags what she likes',
      topic: 'customer.tags_added',
      body: JSON.stringify({
        customerId: mia.admin_graphql_api_id,
        tags: ['interest:Touring', 'interest:Powder', 'vip'],
        occurredAt: iso(ago(6)),
      }),
      triggeredAt: ago(6),
      prepare: miaIs({ tags: ['interest:Touring', 'interest:Powder', 'vip'] }),
    },
    {
      title: 'She orders again, the box unticked',
      topic: 'orders/create',
      body: order(1002, ago(5), {}),
      triggeredAt: ago(5),
    },
    {
      title: 'She unsubscribes',
      topic: consent,
      body: emailConsent('unsubscribed', ago(3)),
      triggeredAt: ago(3),
      prepare: miaIs({
        defaultEmailAddress: emailOf(EMAIL, {
          marketingState: 'UNSUBSCRIBED',
          marketingOptInLevel: single,
          marketingUpdatedAt: iso(ago(3)),
        }),
      }),
      choice: email(false, ago(3)),
    },
    {
      title: 'An older opt-in arrives late',
      topic: consent,
      body: emailConsent('subscribed', ago(4)),
      triggeredAt: ago(4),
      choice: email(true, ago(4)),
    },
    {
      title: 'She wants texts instead',
      prepare: miaIs({
        defaultPhoneNumber: phoneOf(MOBILE, { state: 'SUBSCRIBED', optInLevel: single, updatedAt: iso(ago(2)) }),
      }),
      topic: 'customers_marketing_consent/update',
      body: JSON.stringify({
        id: CUSTOMER,
        phone: MOBILE,
        sms_marketing_consent: {
          state: 'subscribed',
          opt_in_level: 'single_opt_in',
          consent_updated_at: iso(ago(2)),
          consent_collected_from: 'shopify',
        },
      }),
      triggeredAt: ago(2),
      choice: { flag: 'SMSPermission', address: MOBILE, value: true, at: ago(2) },
    },
    {
      title: 'Her order ships; Ascent360 is down a moment',
      topic: 'orders/updated',
      body: order(1002, ago(5), { updated_at: iso(ago(1)), fulfillment_status: 'fulfilled' }),
      triggeredAt: ago(1),
      prepare: ({ ascent360 }) => ascent360.behave([{ status: 503 }]),
    },
  ];
  return { title: 'Eight minutes in the life of a shopper', steps };
}

/** Erasures, uninstallation and privacy requests come last. */
export function farewell(): Chapter {
  const sample = (topic: string, title: string, shop?: string): Step => ({
    topic,
    title,
    body: bodyText(sampleOf(topic)),
    ...(shop ? { shop } : {}),
  });
  return {
    title: 'Leaving',
    steps: [
      sample('customers/delete', 'A customer is deleted'),
      ...topics
        .filter(({ compliance }) => compliance)
        .map(({ name }) => ({ topic: name, body: bodyText(sampleOf(name)) })),
      sample('customers/update', 'Another shop, not connected yet', LEAVING_SHOP),
      sample('app/uninstalled', 'That shop uninstalls the app', LEAVING_SHOP),
    ],
  };
}
