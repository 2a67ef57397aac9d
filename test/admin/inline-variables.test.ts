import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { buildSchema, Kind, parse, validate, valueFromASTUntyped, visit } from 'graphql';
import { describe, expect, it } from 'vitest';
import { BulkCustomers, BulkCustomersWithMetafields, BulkOrders } from '../../server/admin/documents.generated.ts';
import { inlineVariables } from '../../server/admin/inline-variables.ts';

const schema = buildSchema(readFileSync(path.join(import.meta.dirname, '../schema/admin.graphql'), 'utf8'));

/** The values of all arguments, by name. */
function argumentsOf(text: string): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  visit(parse(text), {
    [Kind.ARGUMENT]: (node: { name: { value: string }; value: Parameters<typeof valueFromASTUntyped>[0] }) => {
      found[node.name.value] = valueFromASTUntyped(node.value);
    },
  });
  return found;
}

describe('the text of a bulk query', () => {
  it.each([
    ['customers', inlineVariables(BulkCustomers, { query: "updated_at:>='2026-11-01'" })],
    ['customers, without a query', inlineVariables(BulkCustomers, {})],
    ['their metafields', inlineVariables(BulkCustomersWithMetafields, { metafieldKeys: ['facts.birth_date', 'a.b'] })],
    ['orders', inlineVariables(BulkOrders, { query: null })],
  ])('fits the schema and has no variables left: %s', (_, text) => {
    expect(validate(schema, parse(text))).toEqual([]);
    expect(text).not.toContain('$');
  });

  it('says exactly what was given, whatever its texts contain', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.string({ unit: 'binary' })), (query, metafieldKeys) => {
        const text = inlineVariables(BulkCustomersWithMetafields, { query, metafieldKeys });
        expect(argumentsOf(text)).toEqual({ query, keys: metafieldKeys });
      }),
    );
  });
});
