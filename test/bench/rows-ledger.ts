import { ledgerChore } from '../../server/pipeline/ledger/check.ts';
import { createLog } from '../../server/platform/log.ts';
import { appendFacts } from '../../server/store/consent/facts.ts';
import { askLedgerCheck, untoldOptOuts } from '../../server/store/consent/ledger-checks.ts';
import { customerKey, emailHash } from '../../server/store/people/identifiers.ts';
import { loadPeople } from '../../server/store/people/people.ts';
import type { Shop } from '../../server/store/shops/shops.ts';
import type { Row, Run } from './row.ts';
import { explain } from './rows-backlog.ts';
import { type AppDatabase, connectShops } from './world.ts';

const UNTOLD = 1000;

export const ABOUT_LEDGER = `What the daily check of a shop takes whose every address opted out, so that each has to be looked at: all but
${UNTOLD.toLocaleString('en')} have been told. It runs in pages, on PostgreSQL with fsync and its default settings.`;

/** This many per statement: each has a deadline. */
const AT_ONCE = 50_000;

/** Addresses that opted out and whose opt-out was sent. */
async function addTold(app: AppDatabase, shop: Shop, count: number): Promise<void> {
  for (let from = 1; from <= count; from += AT_ONCE)
    await addSome(app, shop, from, Math.min(from + AT_ONCE - 1, count));
}

async function addSome(app: AppDatabase, shop: Shop, from: number, to: number): Promise<void> {
  await app.db.query(
    `WITH known AS MATERIALIZED (SELECT md5($1::text || n) || md5(n::text) AS address FROM generate_series($2::int, $3::int) AS n),
     said AS (
       INSERT INTO consent_facts (id, shop_id, channel, address, state, chosen_at, source, recorded_at)
       SELECT gen_random_uuid(), $1::int, 'email', address, 'unsubscribed', now() - interval '1 day', 'consent_topic', now() FROM known)
     INSERT INTO told (shop_id, channel, address, account, accepted, accepted_at)
     SELECT $1::int, 'email', address, 1, false, now() FROM known`,
    [shop.id, from, to],
  );
}

/** People who opted out and whose opt-out was never sent. */
async function addUntold(app: AppDatabase, shop: Shop, count: number): Promise<void> {
  const now = Date.now();
  await app.db.transaction(async (sql) => {
    const people = await loadPeople(sql, shop, []);
    const emails = Array.from({ length: count }, (_, i) => `untold${i}@example.com`);
    const entries = emails.map((email, i) => {
      const person = people.get(customerKey(shop.vault, String(i + 1)), now, String(i + 1));
      person.profile.contact = { email, origins: {}, leftOut: {} };
      const address = emailHash(shop.vault, email);
      people.touch(person, [{ channel: 'email', hash: address, written: email }], now);
      const fact = {
        state: 'unsubscribed',
        level: null,
        chosenAt: now - 60_000,
        source: 'consent_topic',
        eventId: null,
      } as const;
      return { id: crypto.randomUUID(), channel: 'email' as const, address, personId: person.id, ...fact };
    });
    await people.save();
    await appendFacts(sql, shop, entries, now);
  });
}

const residentMb = () => process.memoryUsage.rss() / 2 ** 20;

/**
 * Compares the whole ledger with what was sent. @returns seconds, and the largest growth in memory
 * in MB
 */
async function check(app: AppDatabase, shop: Shop): Promise<{ seconds: number; grewMb: number; opened: number }> {
  await askLedgerCheck(app.db, shop);
  const chore = ledgerChore({ db: app.db, log: createLog('silent'), now: Date.now, wake: () => {} });
  globalThis.gc?.();
  const before = residentMb();
  let most = before;
  const watching = setInterval(() => {
    most = Math.max(most, residentMb());
  }, 20);
  const began = performance.now();
  while (await chore.work(shop, new AbortController().signal));
  const seconds = (performance.now() - began) / 1000;
  clearInterval(watching);
  const [row] = await app.db.query<{ count: number }>(
    'SELECT count(*) AS count FROM deliveries WHERE shop_id = $1 AND open AND carries_opt_out',
    [shop.id],
  );
  return { seconds, grewMb: most - before, opened: row?.count ?? 0 };
}

/** The daily check of a large ledger: time, memory and its page's query plan. */
export async function ledger({ world, quick, say, note }: Run): Promise<Row[]> {
  const [few, many] = [10_000, quick ? 100_000 : 1_000_000];
  const app = await world.appDatabase('ledger');
  const [small, large] = await connectShops(app, ['small.myshopify.com', 'large.myshopify.com']);
  if (!small || !large) throw new Error('No shop');
  // Chosen since the installation.
  await app.db.query(`UPDATE shops SET first_call_at = now() - interval '30 days'`);
  await addTold(app, small, few - UNTOLD);
  await addTold(app, large, many - UNTOLD);
  for (const shop of [small, large]) await addUntold(app, shop, UNTOLD);
  for (const table of ['consent_facts', 'told', 'addresses', 'people']) await app.db.query(`VACUUM ANALYZE ${table}`);
  await world.checkpoint();
  const page = async (sql: AppDatabase['db']) => await untoldOptOuts(sql, large, 1, { afterFactId: null, size: 2000 });
  note(await explain(app, `a page of ${many} opt-outs`, page, false));
  note(await explain(app, `a page of ${many} opt-outs`, page, true));
  const first = await check(app, small);
  const opening = await check(app, large);
  const again = await check(app, large);
  say(`ledger: ${JSON.stringify({ first, opening, again })}`);
  const name = (count: number) => count.toLocaleString('en');
  const rate = (count: number, { seconds }: { seconds: number }) =>
    `${Math.round(count / seconds).toLocaleString('en')}/s`;
  return [
    {
      what: `the daily check of ${name(many)} addresses, of which ${name(UNTOLD)} get a delivery`,
      ours: `${opening.seconds.toFixed(1)} s, ${rate(many, opening)}`,
      other: `${name(few)} addresses ${rate(few, first)}`,
      result: `${name(opening.opened)} opened`,
      bar: 'each once',
      pass: opening.opened === UNTOLD && first.opened === UNTOLD,
    },
    {
      what: 'the same the next day, with those deliveries still open',
      ours: `${again.seconds.toFixed(1)} s, ${rate(many, again)}`,
      other: '',
      result: `${name(again.opened - opening.opened)} opened`,
      bar: 'none',
      pass: again.opened === UNTOLD,
    },
    {
      what: 'resident memory, growth meanwhile',
      ours: `${opening.grewMb.toFixed(0)} MB`,
      other: `${name(few)} addresses ${first.grewMb.toFixed(0)} MB`,
      result: `${again.grewMb.toFixed(0)} MB the next day`,
      bar: '≤ 100 MB',
      pass: Math.max(opening.grewMb, again.grewMb) <= 100,
    },
  ];
}
