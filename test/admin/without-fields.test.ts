import { parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { bulkQuery } from '../../server/admin/bulk-query.ts';
import {
  BulkCustomers,
  BulkCustomersWithMetafields,
  BulkOrders,
  ProbeCustomers,
  ProbeOrders,
} from '../../server/admin/documents.generated.ts';
import { fieldsAskedFor, withoutFields } from '../../server/admin/without-fields.ts';
import { schema } from '../fakes/shopify-graphql.ts';

const faults = (text: string) => validate(schema, parse(text)).map(({ message }) => message);
const asked = [
  { kind: 'customers', query: null, metafieldKeys: [] },
  { kind: 'customers', query: 'updated_at:>="2026" {', metafieldKeys: ['a.b'] },
  { kind: 'orders', query: 'created_at:>="2026"', metafieldKeys: [] },
] as const;

describe('the query of a bulk operation', () => {
  it.each([
    ['customers', BulkCustomersWithMetafields, ProbeCustomers],
    ['orders', BulkOrders, ProbeOrders],
  ])('for %s asks for the same fields as its probe', (_, bulk, probe) => {
    expect(fieldsAskedFor(probe.text).sort()).toEqual(fieldsAskedFor(bulk.text).sort());
  });

  it('without anything left out is the document', () => {
    expect(withoutFields(BulkCustomers.text, [])).toBe(BulkCustomers.text);
  });

  it.each(asked)('for $kind ($query) stays valid whichever field is left out, and asks for all the others', (one) => {
    const fields = fieldsAskedFor(bulkQuery(one, []).text);
    expect(fields.length).toBeGreaterThan(20);
    for (const field of fields) {
      const { text } = bulkQuery(one, [field]);
      expect(faults(text), field).toEqual([]);
      expect(fieldsAskedFor(text), field).toEqual(fields.filter((other) => other !== field || other === 'id'));
    }
  });

  it.each(asked)('for $kind ($query) stays valid with nothing but ids', (one) => {
    const { text } = bulkQuery(one, fieldsAskedFor(bulkQuery(one, []).text));
    expect(faults(text)).toEqual([]);
    expect(fieldsAskedFor(text)).toEqual(['id']);
  });

  it('leaves out an object completely, wherever it is asked for', () => {
    const left = fieldsAskedFor(bulkQuery(asked[2], ['customer', 'lineItems', 'billingAddress']).text);
    expect(left.filter((field) => /^(customer|lineItems|billingAddress)\b/.test(field))).toEqual([]);
    expect(left).toContain('shippingAddress.city');
  });
});
