/** What a step changes in Shopify, and the webhooks that it causes. */
import {
  consentWebhook,
  customerWebhook,
  dataRequestWebhook,
  deletedWebhook,
  flowRun,
  mergeWebhook,
  orderWebhook,
  redactWebhook,
  tagWebhook,
  webhook,
  whatsAppWebhook,
} from './emit.ts';
import { ANOTHERS, NONE, SPELLED, type Step } from './history.ts';
import { customerAt, EMAILS, moveTo, PHONES, type Scene, STREETS } from './scene.ts';
import { addressOf, type Channel, type Customer, type Order } from './shopify.ts';
import type { Webhook } from './webhooks.ts';

/** What Shopify says once: headers are not signed, but nobody says these again at another time. */
const NEVER_AGAIN = new Set(['app/uninstalled', 'customers/redact', 'shop/redact', 'flow/send']);
const TAGS = ['mail-ok', 'mail-stop', 'call-ok', 'call-stop', 'no-mail', 'no-calls'];

function newOrder(scene: Scene, order: Omit<Order, 'id' | 'updatedAt' | 'status' | 'total' | 'cancelledAt'>): Order {
  const fresh = { updatedAt: order.createdAt, status: 'pending' as const, total: 19.9, cancelledAt: null };
  const made: Order = { ...order, ...fresh, id: scene.nextOrder++ };
  scene.shopify.orders.set(made.id, made);
  return made;
}

/** Several customers may have it by now. */
function addressOfAnother({ shopify }: Scene, { id }: Customer, channel: Channel): string | null {
  const others = [...shopify.customers.values()].filter((other) => other.id !== id);
  return others.map((other) => addressOf(other, channel)).find((address) => address !== null) ?? null;
}

/** Where a step moves a customer; null: they no longer have any address. */
function newAddress(scene: Scene, customer: Customer, { channel, to }: Extract<Step, { do: 'move' }>): string | null {
  const before = addressOf(customer, channel);
  if (to === NONE) return null;
  if (to === SPELLED && before !== null)
    return before === before.toUpperCase() ? before.toLowerCase() : before.toUpperCase();
  const anothers = to === ANOTHERS ? addressOfAnother(scene, customer, channel) : null;
  return anothers ?? (channel === 'email' ? EMAILS : PHONES)[to] ?? null;
}

/** What Shopify says besides of the customers whom a step made or changed. */
export function along(scene: Scene, made: readonly Webhook[], there: ReadonlySet<number>, now: number): Webhook[] {
  if (made.length === 0 || made.some(({ topic }) => topic === 'customers/update')) return [];
  return [...scene.shopify.customers.values()]
    .filter(({ updatedAt }) => updatedAt === now)
    .map((one) => customerWebhook(scene, one, now, there.has(one.id) ? 'customers/update' : 'customers/create'));
}

/** @returns the webhooks Shopify sends for it, if the app is installed */
export function happen(scene: Scene, step: Step, now: number): Webhook[] {
  switch (step.do) {
    case 'choose': {
      const customer = customerAt(scene, step.who, now);
      if ((step.channel === 'email' ? customer.email : customer.phone) === null) return [];
      const at = step.dating === 'nowhere' ? null : now - step.age;
      customer.consent[step.channel] = { state: step.state, level: step.level, at };
      customer.updatedAt = now;
      const dating = step.dating === 'nowhere' ? 'undated' : step.dating;
      return [consentWebhook(scene, customer, step.channel, { dating, named: step.named, at: now })];
    }
    case 'move': {
      const customer = customerAt(scene, step.who, now);
      const before = customer.updatedAt;
      moveTo(scene, customer, step.channel, newAddress(scene, customer, step), now);
      return customer.updatedAt === before ? [] : [customerWebhook(scene, customer, now)];
    }
    case 'order': {
      const customer = customerAt(scene, step.who, now);
      const { id, email } = customer;
      if (step.along) customer.updatedAt = now;
      const { ticked, from = 'web' } = step;
      const order = newOrder(scene, { createdAt: now, customer: id, email: email ?? '', ticked, from });
      return [orderWebhook(scene, order, 'orders/create', now)];
    }
    case 'changeOrder': {
      const orders = [...scene.shopify.orders.values()];
      const order = orders[step.which % Math.max(1, orders.length)];
      if (!order) return [];
      if (step.how === 'cancelled') order.cancelledAt ??= now;
      else if (step.how === 'edited') order.total = order.total === 19.9 ? 9.9 : 19.9;
      else order.status = order.status === 'paid' ? 'pending' : 'paid';
      // Within one second, Shopify gives both the same date.
      order.updatedAt = Math.max(order.updatedAt, Math.floor(now / 1000) * 1000);
      return [orderWebhook(scene, order, 'orders/updated', now)];
    }
    case 'guestOrder': {
      const email = EMAILS[step.address] ?? '';
      const { ticked, age, from = 'web' } = step;
      const order = newOrder(scene, { createdAt: now - age, customer: null, email, ticked, from });
      return [orderWebhook(scene, order, 'orders/create', now)];
    }
    case 'claimOrder': {
      // A guest makes an account, or the merchant says whose order it is.
      const { id, email } = customerAt(scene, step.who, now);
      const orders = [...scene.shopify.orders.values()].filter(({ customer }) => customer !== id);
      const order = orders[step.which % Math.max(1, orders.length)];
      if (!order) return [];
      order.customer = id;
      if (step.emailed && email !== null) order.email = email;
      order.updatedAt = Math.max(order.updatedAt, Math.floor(now / 1000) * 1000);
      return [orderWebhook(scene, order, 'orders/updated', now)];
    }
    case 'tag': {
      const customer = customerAt(scene, step.who, now);
      const tag = TAGS[step.tag] ?? '';
      if (customer.tags.has(tag) === step.present) return [];
      if (step.present) customer.tags.add(tag);
      else customer.tags.delete(tag);
      customer.updatedAt = now;
      return [tagWebhook(scene, customer, tag, { added: step.present, at: now })];
    }
    case 'swap': {
      // Each has the other's: in Shopify an address is one customer's at a time.
      if (step.who === step.other) return [];
      const [one, other] = [customerAt(scene, step.who, now), customerAt(scene, step.other, now)];
      const [ofOne, ofOther] = [addressOf(one, step.channel), addressOf(other, step.channel)];
      moveTo(scene, one, step.channel, ofOther, now);
      moveTo(scene, other, step.channel, ofOne, now);
      return [one, other].map((each) => customerWebhook(scene, each, now));
    }
    case 'street': {
      const customer = customerAt(scene, step.who, now);
      customer.street = STREETS[step.spelling] ?? '';
      customer.updatedAt = now;
      return [customerWebhook(scene, customer, now)];
    }
    case 'sale': {
      // No webhook reports it.
      const customer = customerAt(scene, step.who, now);
      customer.dataSaleOptOut = step.optOut;
      customer.updatedAt = now;
      return [];
    }
    case 'delete': {
      const customer = customerAt(scene, step.who, now);
      scene.shopify.customers.delete(customer.id);
      for (const order of scene.shopify.orders.values()) if (order.customer === customer.id) order.customer = null;
      return [deletedWebhook(scene, customer.id, now)];
    }
    case 'merge': {
      if (step.kept === step.gone) return [];
      const kept = customerAt(scene, step.kept, now);
      const gone = customerAt(scene, step.gone, now);
      if (step.fails) return [mergeWebhook(scene, kept.id, gone.id, { at: now, status: 'failed' })];
      scene.shopify.customers.delete(gone.id);
      scene.shopify.mergedInto.set(gone.id, kept.id);
      for (const order of scene.shopify.orders.values()) if (order.customer === gone.id) order.customer = kept.id;
      kept.updatedAt = now;
      if (step.takes) {
        if (gone.email !== null) moveTo(scene, kept, 'email', gone.email, now);
        for (const tag of gone.tags) kept.tags.add(tag);
      }
      const deleted = step.deleted ? [deletedWebhook(scene, gone.id, now)] : [];
      const merged = [mergeWebhook(scene, kept.id, gone.id, { at: now, status: 'completed' })];
      return step.deleted === 'before' ? [...deleted, ...merged] : [...merged, ...deleted];
    }
    case 'redact': {
      const customer = customerAt(scene, step.who, now);
      scene.shopify.customers.delete(customer.id);
      const theirs = [...scene.shopify.orders.values()].filter((order) => order.customer === customer.id);
      for (const order of theirs) scene.shopify.orders.delete(order.id);
      return [redactWebhook(scene, customer, theirs, now)];
    }
    case 'redactGuest': {
      const address = (step.by === 'email' ? EMAILS : PHONES)[step.address] ?? '';
      const theirs = [...scene.shopify.orders.values()].filter(
        ({ customer, email }) => customer === null && email.toLowerCase() === address.toLowerCase(),
      );
      for (const order of theirs) scene.shopify.orders.delete(order.id);
      const named = { email: null, phone: null, [step.by]: address };
      return [redactWebhook(scene, { ...named, id: null }, theirs, now)];
    }
    case 'dataRequest':
      return [dataRequestWebhook(scene, customerAt(scene, step.who, now), now)];
    case 'whatsApp':
      return [whatsAppWebhook(scene, customerAt(scene, step.who, now), step.state, now)];
    case 'flow':
      return [flowRun(scene, customerAt(scene, step.who, now).id, now)];
    case 'replay': {
      const said = scene.left.filter(({ topic }) => !NEVER_AGAIN.has(topic));
      const old = said[step.which % Math.max(1, said.length)];
      return old ? [webhook(scene, old.topic, old.body, { at: now, said: old.said })] : [];
    }
    case 'shopUpdate':
      return [webhook(scene, 'shop/update', { name: 'Simulated', country_code: 'US' }, { at: now, said: [] })];
    case 'scopesUpdate': {
      const scopes = ['read_customers', 'read_orders', 'read_customer_merge'];
      const body = { id: 1, previous: scopes.slice(0, 2), current: scopes, updated_at: new Date(now).toISOString() };
      return [webhook(scene, 'app/scopes_update', body, { at: now, said: [] })];
    }
    default:
      return [];
  }
}
