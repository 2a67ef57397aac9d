/** Webhooks as Shopify sends them, with what each of them says. */
import { consentBody, customerBody, type Dating, mergeBody, orderBody, tagsBody, whatsAppBody } from './bodies.ts';
import type { Scene } from './scene.ts';
import { addressOf, type Channel, type Customer, type Order, stateOf } from './shopify.ts';
import type { Said, Webhook } from './webhooks.ts';

const TOPIC = { email: 'customers_email_marketing_consent/update', sms: 'customers_marketing_consent/update' };

/** Each shop has its own numbers: two shops may well have the same ids. */
export function webhook(
  scene: Scene,
  topic: string,
  body: object,
  { at, said }: { at: number; said: Said[] },
): Webhook {
  const made = { id: `webhook-${++scene.made}`, topic, body: structuredClone(body), triggeredAt: at, said };
  scene.left.push(made);
  return made;
}

const seenOf = (customer: Customer, at: number): Said[] =>
  (['email', 'sms'] as const).flatMap((channel) => {
    const address = addressOf(customer, channel)?.toLowerCase();
    return address === undefined ? [] : [{ says: 'seen' as const, customer: customer.id, channel, address, at }];
  });

export function consentWebhook(
  scene: Scene,
  customer: Customer,
  channel: Channel,
  how: { dating: Dating; named: boolean; at: number },
): Webhook {
  const { dating, named, at } = how;
  const address = addressOf(customer, channel);
  const consent = customer.consent[channel];
  const body = consentBody(customer.id, channel, named ? address : null, consent, dating);
  const said: Said[] =
    address === null
      ? []
      : [
          {
            says: 'choice',
            customer: customer.id,
            channel,
            address: address.toLowerCase(),
            state: consent.state,
            level: consent.level,
            date: dating === 'dated' ? consent.at : null,
            dated: consent.at === null ? 'undated' : dating,
            named,
          },
        ];
  return webhook(scene, TOPIC[channel], body, { at, said });
}

export const customerWebhook = (
  scene: Scene,
  customer: Customer,
  at: number,
  topic: 'customers/create' | 'customers/update' = 'customers/update',
): Webhook => webhook(scene, topic, customerBody(customer), { at, said: seenOf(customer, at) });

export function orderWebhook(
  scene: Scene,
  order: Order,
  topic: 'orders/create' | 'orders/updated',
  at: number,
): Webhook {
  const customer = order.customer === null ? null : (scene.shopify.customers.get(order.customer) ?? null);
  const email = order.email.toLowerCase();
  const usual = order.from === 'web';
  const said: Said[] = [
    {
      says: 'order',
      order: order.id,
      updatedAt: order.updatedAt,
      createdAt: order.createdAt,
      status: stateOf(order),
      customer: order.customer,
      address: email,
      usual,
    },
    ...(customer ? seenOf(customer, at) : []),
  ];
  if (order.customer === null && order.ticked && topic === 'orders/create') {
    said.push({ says: 'box', customer: null, address: email, ticked: true, at: order.createdAt, usual });
  }
  if (!order.ticked)
    said.push({ says: 'box', customer: order.customer, address: email, ticked: false, at: order.createdAt, usual });
  return webhook(scene, topic, orderBody(order, customer), { at, said });
}

export const deletedWebhook = (scene: Scene, id: number, at: number): Webhook =>
  webhook(scene, 'customers/delete', { id }, { at, said: [{ says: 'deleted', customer: id }] });

type Redacted = Pick<Customer, 'email' | 'phone'> & { id: number | null };

/** Shopify asks to erase someone and their orders; what is null, it doesn't name. */
export function redactWebhook(scene: Scene, { id, email, phone }: Redacted, theirs: Order[], at: number): Webhook {
  const orders = theirs.map((order) => order.id);
  const body = { shop_id: 1, shop_domain: scene.domain, customer: { id, email, phone }, orders_to_redact: orders };
  const addresses = [email, phone, ...theirs.map((order) => order.email)].flatMap(
    (address) => address?.toLowerCase() ?? [],
  );
  return webhook(scene, 'customers/redact', body, {
    at,
    said: [{ says: 'redacted', customer: id, orders, addresses }],
  });
}

/** Somebody asks what is held on them: that says nothing, and changes nothing. */
export function dataRequestWebhook(scene: Scene, { id, email, phone }: Customer, at: number): Webhook {
  const body = {
    shop_id: 1,
    shop_domain: scene.domain,
    customer: { id, email, phone },
    orders_requested: [],
    data_request: { id: scene.made + 1 },
  };
  return webhook(scene, 'customers/data_request', body, { at, said: [] });
}

export const WHATSAPP = 'customers_whats_app_marketing_consent/update';

/** It is recorded, and changes nothing. */
export const whatsAppWebhook = (scene: Scene, customer: Customer, state: string, at: number): Webhook =>
  webhook(scene, WHATSAPP, whatsAppBody(customer, state, at), { at, said: [] });

/** A workflow sends a customer. */
export function flowRun(scene: Scene, id: number, at: number): Webhook {
  const run = { shopify_domain: scene.domain, action_run_id: `${at}`, handle: 'send-to-ascent360' };
  const made = webhook(scene, 'flow/send', { ...run, properties: { customer_id: id } }, { at, said: [] });
  return Object.assign(made, { source: 'flow' as const });
}

export const mergeWebhook = (
  scene: Scene,
  kept: number,
  gone: number,
  { at, status }: { at: number; status: 'completed' | 'failed' },
): Webhook =>
  webhook(scene, 'customers/merge', mergeBody(kept, gone, status), {
    at,
    said: status === 'completed' ? [{ says: 'merged', kept, gone }] : [],
  });

export function tagWebhook(
  scene: Scene,
  customer: Customer,
  tag: string,
  how: { added: boolean; at: number },
): Webhook {
  const { added, at } = how;
  return webhook(scene, added ? 'customer.tags_added' : 'customer.tags_removed', tagsBody(customer.id, [tag], at), {
    at,
    said: [{ says: 'tags', customer: customer.id, tags: [tag], added, at }],
  });
}

/** Topics whose bodies Shopify shortens to an id when they are very large. */
const SHORTENED = /^(orders|customers)\/(create|update|updated)$|consent\/update$/;

/** The same message with an id alone: what it would have said, nobody need ever learn. */
export function shortened(made: Webhook): Webhook {
  if (!SHORTENED.test(made.topic)) return made;
  const { id, customer_id: customer } = made.body as { id?: number; customer_id?: number };
  return { ...made, body: id === undefined ? { customer_id: customer } : { id }, short: true };
}
