import { describe, expect, it } from 'vitest';
import type { FoundFact } from '../../../server/domain/consent.ts';
import type { Summary, Translated } from '../../../server/domain/translated.ts';
import { inEnglish } from '../../../server/domain/wording/in-english.ts';
import { summarise } from '../../../server/domain/wording/summarise.ts';
import { translateCustomer } from '../../../server/shopify/translate/translate-customer.ts';
import { translateOrder } from '../../../server/shopify/translate/translate-order.ts';
import { buyer, context, customerBody, orderBody } from '../../shopify/bodies.ts';

const fact: FoundFact = {
  channel: 'email',
  address: 'ada@example.com',
  addressAsWritten: 'Ada@example.com',
  state: 'not_subscribed',
  level: null,
  chosenAt: 0,
  source: 'consent_topic',
};

/** The English sentence for a summary. */
function said(translated: Translated): Omit<Summary, 'text'> {
  const { text, ...summary } = summarise(translated);
  expect(inEnglish(text)).toBe(summary.what);
  return summary;
}

describe('the summary', () => {
  it.each([
    [{}, { who: 'Ada@Example.com', what: '#1001' }],
    [{ name: null }, { who: 'Ada@Example.com', what: 'Order 7001' }],
    [
      { email: null, contact_email: null, customer: { ...buyer, email: null } },
      { who: '+14035550123', what: '#1001' },
    ],
    [
      { email: null, contact_email: null, phone: null, customer: null },
      { who: '+13035550100', what: '#1001' },
    ],
    [
      { email: null, contact_email: null, phone: null, customer: null, billing_address: { first_name: 'Bill' } },
      { who: 'Bill', what: '#1001' },
    ],
    [
      {
        email: null,
        contact_email: null,
        phone: null,
        customer: { id: 1, first_name: 'Ada', last_name: 'Skier' },
        billing_address: null,
      },
      { who: 'Ada Skier', what: '#1001' },
    ],
    [{ email: null, contact_email: null, phone: null, customer: null, billing_address: null }, { what: '#1001' }],
  ])('of an order with %j is %j', (change, summary) => {
    expect(said(translateOrder(orderBody(change), context('orders/create')))).toEqual(summary);
  });

  it('of a customer names the customer', () => {
    const translated = translateCustomer(customerBody(), context('customers/create'));
    expect(said(translated)).toEqual({ who: 'Ada@Example.com', what: 'Customer 5001' });
  });

  it.each<[Translated, Omit<Summary, 'text'>]>([
    [
      { kind: 'consent', customerId: '1', fact },
      { who: 'Ada@example.com', what: 'Email: no choice' },
    ],
    [
      {
        kind: 'consent',
        customerId: '1',
        fact: { ...fact, state: null, address: null, addressAsWritten: null },
      },
      { what: 'Email: no state' },
    ],
    [{ kind: 'tags', customerId: '1', change: 'added', tags: ['a', 'b'], occurredAt: 0 }, { what: 'Tags added: a, b' }],
    [{ kind: 'tags', customerId: '1', change: 'removed', tags: ['a'], occurredAt: 0 }, { what: 'Tags removed: a' }],
    [{ kind: 'tags', customerId: '1', change: 'added', tags: [], occurredAt: 0 }, { what: 'Tags changed' }],
    [
      { kind: 'flow', customerId: '1', added: { activities: [], interests: [] } },
      { what: 'A Flow workflow sends customer 1' },
    ],
    [{ kind: 'merge', completed: true, keptId: null, deletedId: '2' }, { what: 'Customer merged into another' }],
    [{ kind: 'customer_deleted', customerId: '1' }, { what: 'Customer 1 deleted' }],
    [{ kind: 'merge', completed: true, keptId: '1', deletedId: '2' }, { what: 'Customer merged into 1' }],
    [{ kind: 'merge', completed: false, keptId: '1', deletedId: '2' }, { what: 'Merge not completed' }],
    [{ kind: 'uninstalled' }, { what: 'App uninstalled' }],
    [
      { kind: 'lifecycle', shop: { name: 'Snow' } },
      { who: 'Snow', what: 'Store details' },
    ],
    [
      {
        kind: 'compliance',
        request: 'customer_redact',
        requestId: null,
        customerId: null,
        email: null,
        phone: '+1',
        unread: false,
        orderIds: [],
      },
      { who: '+1', what: 'Customer erasure request' },
    ],
    [{ kind: 'incomplete', what: 'order', id: '1' }, { what: 'Order 1' }],
  ])('of %j is %j', (translated, summary) => {
    expect(said(translated)).toEqual(summary);
  });
});
