import type { Db } from '../../server/platform/database/db.ts';
import type { HashKind, Keys, Vault } from '../../server/platform/keys.ts';

type Row = Record<string, unknown>;

/** What each sealed column is bound to; a new column has to be added here. */
const bindings: Record<string, (row: Row) => string> = {
  'events.body': (row) => `events.body:${row['id']}`,
  'events.summary': (row) => `events.summary:${row['id']}`,
  'deliveries.subject': (row) => `deliveries.subject:${row['id']}`,
  'deliveries.payload': (row) => `deliveries.payload:${row['id']}`,
  'attempts.excerpt': (row) => `attempts.excerpt:${row['id']}`,
  'people.profile': (row) => `people.profile:${row['id']}`,
  'addresses.written': (row) => `addresses.written:${row['person_id']}:${row['channel']}:${row['address']}`,
  'privacy_requests.subject': (row) => `privacy_requests.subject:${row['id']}`,
  'admin_tokens.pair': (row) => `admin_tokens.pair:${row['shop_id']}`,
  'import_pages.ids': (row) => `import_pages.ids:${row['import_id']}:${row['page']}`,
  'imports.url': (row) => `imports.url:${row['id']}`,
  'reconciliations.url': (row) => `reconciliations.url:${row['shop_id']}`,
  'settings.guid': (row) => `settings.guid:${row['shop_id']}`,
  'shops.facts': (row) => `shops.facts:${row['id']}`,
};

/** Every kind of hash. */
export const kinds: readonly HashKind[] = [
  'email',
  'sms',
  'phone',
  'postal',
  'whatsapp',
  'order_name',
  'entity',
  'person',
  'content',
  'lists',
];

/** What to look for: a pattern in plain or opened values, and values in hashes of any kind. */
type Wanted = { pattern: RegExp; values: readonly string[] };

/** Every row of every table, whatever tables there are. */
export async function everyRow(db: Db): Promise<{ table: string; row: Row }[]> {
  const tables = await db.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name <> '_prisma_migrations' ORDER BY 1`,
  );
  const found: { table: string; row: Row }[] = [];
  for (const { name } of tables) {
    for (const row of await db.query<Row>(`SELECT * FROM "${name}"`)) found.push({ table: name, row });
  }
  return found;
}

/**
 * Opens every sealed value in every table and searches it, the plain values and the hashes.
 * @returns the columns with a match
 */
export async function placesThatHold(db: Db, keys: Keys, wanted: Wanted): Promise<string[]> {
  const shops = await db.query<{
    id: number;
    domain: string;
    wrapped_key: Uint8Array | null;
    wrap_key_id: string | null;
  }>('SELECT id, domain, wrapped_key, wrap_key_id FROM shops');
  const vaults = new Map<unknown, Vault>();
  for (const { id, domain, wrapped_key, wrap_key_id } of shops) {
    if (wrapped_key && wrap_key_id !== null) vaults.set(id, keys.unlock(domain, wrapped_key, wrap_key_id));
  }
  const hashes = [...vaults.values()].flatMap((vault) =>
    kinds.flatMap((kind) =>
      wanted.values.flatMap((value) => [vault.hash(kind, value), vault.hash(kind, `guest:${value}`)]),
    ),
  );
  const found = new Set<string>();
  let opened = 0;
  for (const { table, row } of await everyRow(db)) {
    for (const [column, value] of Object.entries(row)) {
      const place = `${table}.${column}`;
      if (value instanceof Uint8Array) {
        if (place === 'shops.wrapped_key' || place === 'audit_chain.hash') continue;
        // Of a delivery whose event's body says what it is about.
        if (value.length === 0) continue;
        const bind = bindings[place];
        if (!bind) throw new Error(`${place} is not known to the decrypting search`);
        const vault = vaults.get(table === 'shops' ? row['id'] : row['shop_id']);
        if (!vault) throw new Error(`${place} belongs to no shop with a key`);
        opened++;
        if (wanted.pattern.test(vault.open(bind(row), value).toString())) found.add(place);
        continue;
      }
      const text = JSON.stringify(value) ?? '';
      if (wanted.pattern.test(text)) found.add(`${place} (plain)`);
      if (hashes.some((hash) => text.includes(hash))) found.add(`${place} (hash)`);
    }
  }
  if (shops.length > 0 && opened === 0) throw new Error('Nothing was opened: the search shows nothing');
  return [...found].sort();
}
