import { parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { AdminError } from '../../server/admin/admin.ts';
import { bulkQuery, fieldsToLeaveOut, moreToLeaveOut } from '../../server/admin/bulk-query.ts';
import {
  BulkCustomers,
  BulkCustomersWithMetafields,
  BulkOrders,
  ProbeCustomers,
  ProbeOrders,
} from '../../server/admin/documents.generated.ts';
import { fieldsAskedFor, withoutFields } from '../../server/admin/without-fields.ts';
import { schema } from '../fakes/shopify-graphql.ts';
import { shop } from '../pipeline/deliver/view.ts';

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

describe('what the first few records show', () => {
  const MOST_CALLS = 5;
  /** Shopify answers with this customer, or refuses for these paths. */
  function asking(said: { customer: object } | { denied: readonly string[] }) {
    const texts: string[] = [];
    const told: (readonly string[])[] = [];
    const admin = {
      hasAccess: async () => true,
      run: async (_shop: unknown, { text }: { text: string }) => {
        if (texts.push(text) > MOST_CALLS) throw new Error('It is asked again and again');
        if ('denied' in said) throw new AdminError('refused', 'Access denied', said);
        return { data: JSON.parse(JSON.stringify({ customers: { nodes: [said.customer] } })), denied: [] };
      },
      noteLeftOut: async (_shop: unknown, _document: string, fields: readonly string[]) => void told.push(fields),
      async *download() {},
    };
    return { texts, told, of: { admin, shop, signal: new AbortController().signal } };
  }

  it.each([['customers'], ['customers.nodes.0.id']])('is nothing at all if %s is denied', async (path) => {
    expect(await fieldsToLeaveOut(asking({ denied: [path] }).of, asked[0], [])).toBeNull();
  });

  it('is not looked at for ever if a field is denied though it was left out', async () => {
    const { of, texts } = asking({ denied: ['customers.nodes.0.tags'] });
    await expect(fieldsToLeaveOut(of, asked[0], [])).rejects.toMatchObject({ failure: 'refused' });
    expect(texts.map((text) => text.includes('tags'))).toEqual([true, false]);
  });

  it.each([
    [[], false],
    [['a.b'], true],
  ])(
    'leaves out and tells what has no value in them, metafields (%j) only if they were asked for',
    async (metafieldKeys, areLeftOut) => {
      const { of, told } = asking({ customer: { id: 'gid://shopify/Customer/1', firstName: 'Robin', lastName: null } });
      const left = await moreToLeaveOut(of, { kind: 'customers', query: null, metafieldKeys }, ['note']);
      expect(left).toEqual(expect.arrayContaining(['lastName', 'note']));
      expect(left).not.toContain('firstName');
      expect(left?.some((field) => field.startsWith('metafields'))).toBe(areLeftOut);
      expect(told).toEqual([left]);
    },
  );
});
