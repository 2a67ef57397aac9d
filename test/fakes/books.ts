/** What a shop's life leaves behind: at Ascent360, and in every table of the database. */
import { createKeys } from '../../server/platform/keys.ts';
import { SHOP } from './connector.ts';
import { KEY_1, type World } from './connector-process.ts';
import { everyRow, placesThatHold } from './decrypting-search.ts';

type Somebody = { email: string; phone: string };

/** Where a customer is stored whose contact and choices were sent. */
export const KEPT = [
  'addresses.address (hash)',
  'addresses.written',
  'consent_decisions.address (hash)',
  'consent_facts.address (hash)',
  'deliveries.email_lane (hash)',
  'deliveries.payload',
  'deliveries.phone_lane (hash)',
  'deliveries.subject',
  'events.body',
  'events.search (hash)',
  'events.summary',
  'people.profile',
  'told.address (hash)',
];
/** Nobody asked this one for a choice, so nothing was decided or sent about it. */
export const KEPT_UNTOLD = KEPT.filter((place) => !/^(consent_decisions|told)/.test(place));

const fieldsOf = (body: unknown): Map<string, unknown> =>
  new Map(typeof body === 'object' && body !== null ? Object.entries(body) : []);

type Books = {
  /** What reached Ascent360 since the last call: email, what it was about, and its flags. */
  arrived(): unknown[][];
  /** Ignores what has arrived so far. */
  skip(): void;
  /** How many requests have been returned or ignored. */
  seen(): number;
  /** The columns that hold something of a person, in plain text, sealed or hashed. */
  holding(person: Somebody): Promise<string[]>;
  /** How many events of a shop there are, by source and ending. */
  events(shop?: string): Promise<Record<string, number>>;
  shopId(shop?: string): Promise<number | undefined>;
  /** The tables of all rows of a shop. */
  rowsOf(shopId: number | undefined): Promise<string[]>;
};

export function openBooks(world: World): Books {
  const { received } = world.ascent360;
  let seen = 0;
  const shopId = async (shop = SHOP) =>
    await world.read(
      async (db) => (await db.query<{ id: number }>('SELECT id FROM shops WHERE domain = $1', [shop]))[0]?.id,
    );
  return {
    arrived: () => {
      const fresh = received.slice(seen);
      seen = received.length;
      const faults = fresh.flatMap((record) => record.faults);
      if (faults.length > 0) throw new Error(`Ascent360 would not have understood: ${faults.join('; ')}`);
      return fresh.map(({ body }) => {
        const fields = fieldsOf(body);
        const flags = ['EmailPermission', 'SMSPermission'].map((flag) => fields.get(flag) ?? null);
        return [fields.get('Email'), fields.has('Order') ? 'order' : 'person', ...flags];
      });
    },
    skip: () => {
      seen = received.length;
    },
    seen: () => seen,
    holding: async ({ email, phone }) =>
      await world.read(
        async (db) =>
          await placesThatHold(db, createKeys([{ id: 'k1', bytes: KEY_1 }]), {
            pattern: new RegExp(`${email.replace(/@.*/, '')}|${phone.slice(1)}`, 'i'),
            values: [email, phone, phone.slice(1)],
          }),
      ),
    events: async (shop = SHOP) =>
      await world.read(async (db) => {
        const rows = await db.query<{ how: string; count: number }>(
          `SELECT concat_ws(' ', e.source, e.state, e.reason) AS how, count(*) AS count FROM events e
           JOIN shops s ON s.id = e.shop_id WHERE s.domain = $1 GROUP BY 1`,
          [shop],
        );
        return Object.fromEntries(rows.map(({ how, count }) => [how, Number(count)]));
      }),
    shopId,
    rowsOf: async (id) =>
      await world.read(async (db) =>
        (await everyRow(db))
          .filter(({ table, row }) => (table === 'shops' ? row['id'] : row['shop_id']) === id)
          .map(({ table }) => table),
      ),
  };
}
