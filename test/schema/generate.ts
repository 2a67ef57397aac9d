// npm run graphql: regenerates everything derived from Shopify's schema and the app's documents.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readOptions } from '../../server/options.ts';
import { adminSchema } from './fetch-admin-schema.ts';
import { generateDocuments } from './generate-documents.ts';
import { pruneSchema } from './prune-schema.ts';
import { readDocuments } from './read-documents.ts';

readOptions('npm run graphql', {});
const root = path.join(import.meta.dirname, '../..');
const schema = await adminSchema();
const documents = await readDocuments();
await writeFile(path.join(root, 'server/admin/documents.generated.ts'), await generateDocuments(schema, documents));
await writeFile(path.join(root, 'test/schema/admin.graphql'), pruneSchema(schema, documents));
