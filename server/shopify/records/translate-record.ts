import { type EventContext, type Translated, TranslationError } from '../../domain/translated.ts';
import type { Body } from '../parse-body.ts';
import { translateOrder } from '../translate/translate-order.ts';
import { deniedWithin } from './hidden-fields.ts';
import { type OrderRecord, readCustomerRecord, readOrderRecord } from './nodes.ts';
import { orderBody } from './order-body.ts';
import { type ReadContext, translateCustomerNode } from './translate-customer-record.ts';

/**
 * Whether a body is an Admin API record: GraphQL includes the type name, a webhook's body never
 * does.
 */
export const isRecord = (body: Body) => body['__typename'] === 'Customer' || body['__typename'] === 'Order';

/**
 * Translates an event's body that was read through the Admin API the way the same webhook's body is
 * translated, plus the customer's consent and tags at that time.
 * @throws TranslationError when it has no id
 */
export function translateRecord(body: Body, ctx: EventContext, source: ReadContext['source']): Translated {
  return body['__typename'] === 'Order' ? translateOrderRecord(body, ctx, source) : customerOf(body, ctx, source);
}

function customerOf(body: Body, ctx: EventContext, source: ReadContext['source']): Translated {
  const record = readCustomerRecord(body);
  if (!record) throw new TranslationError('customer_without_id');
  const { metafields, metafieldKeys, denied } = record;
  const read = translateCustomerNode(record, metafields, {
    readAt: ctx.triggeredAt,
    until: ctx.receivedAt ?? ctx.triggeredAt,
    source,
    shopCountry: ctx.shopCountry,
    metafieldKeys,
    denied,
  });
  const { id, createdAt, updatedAt, contact } = read;
  return { kind: 'customer', id, createdAt, updatedAt, contact, read };
}

function translateOrderRecord(body: Body, ctx: EventContext, source: ReadContext['source']): Translated {
  const record = readOrderRecord(body);
  if (!record) throw new TranslationError('order_without_id');
  const translated = translateOrder(orderBody(record, record.lineItems, record.denied), ctx);
  if (translated.kind !== 'order') return translated;
  return { ...translated, read: buyerOf(record, ctx, source) };
}

function buyerOf({ customer, denied }: OrderRecord, ctx: EventContext, source: ReadContext['source']) {
  if (!customer) return null;
  return translateCustomerNode(customer, [], {
    readAt: ctx.triggeredAt,
    until: ctx.receivedAt ?? ctx.triggeredAt,
    source,
    shopCountry: ctx.shopCountry,
    denied: deniedWithin('customer', denied),
  });
}
