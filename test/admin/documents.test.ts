import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { buildSchema, type GraphQLSchema, parse, validate } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { leftOut } from '../fakes/left-out.ts';
import { adminSchema } from '../schema/fetch-admin-schema.ts';
import { documentFaults, generateDocuments } from '../schema/generate-documents.ts';
import { pruneSchema } from '../schema/prune-schema.ts';
import { type Documents, readDocuments } from '../schema/read-documents.ts';

const root = path.join(import.meta.dirname, '../..');
const read = (file: string) => readFile(path.join(root, file), 'utf8');

const schema: GraphQLSchema | null = await adminSchema().catch((error: unknown) => {
  leftOut("those by Shopify's schema", `let it be fetched (${error})`);
  return null;
});

let documents: Documents;
beforeAll(async () => {
  documents = await readDocuments();
});

describe.skipIf(schema === null)('according to Shopify’s complete 2026-10 schema', () => {
  it('every document is valid', () => {
    expect(schema && documentFaults(schema, documents)).toEqual([]);
  });

  it('every document is valid by itself, as it is sent', () => {
    const faults = documents.operations.flatMap(({ text }) => (schema ? validate(schema, parse(text)) : []));
    expect(faults.map(({ message }) => message)).toEqual([]);
  });

  it('no document uses what Shopify is about to remove', () => {
    const used = documents.operations.flatMap(({ text }) => [...text.matchAll(/\w+/g)].map(([word]) => word));
    // Deprecated on customers and phone numbers since 2026-10, and read from their new place.
    for (const word of ['emailMarketingConsent', 'marketingCollectedFrom', 'countryCode', 'addresses']) {
      expect(used).not.toContain(word);
    }
  });

  it('the generated texts and types are those of the documents: otherwise run "npm run graphql"', async () => {
    expect(schema && (await generateDocuments(schema, documents))).toBe(
      await read('server/admin/documents.generated.ts'),
    );
  });

  it('the stand-in’s part of it is generated from it: otherwise run "npm run graphql"', async () => {
    expect(schema && pruneSchema(schema, documents)).toBe(await read('test/schema/admin.graphql'));
  });
});

it('our copy of part of the schema is a valid schema, and all documents fit it', async () => {
  const kept = buildSchema(await read('test/schema/admin.graphql'));
  expect(documentFaults(kept, documents)).toEqual([]);
});
