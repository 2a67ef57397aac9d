/**
 * The table of docs/consent.md, row by row through the app itself: what a webhook, a read, an
 * import and a reconciliation say goes into the ledger, and what would be sent is evaluated under
 * every setting.
 */
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Admin } from '../../../server/admin/admin.ts';
import type { HistoryPolicy, OptInLevel } from '../../../server/domain/settings.ts';
import { loadContext } from '../../../server/pipeline/deliver/context.ts';
import { evaluate } from '../../../server/pipeline/deliver/evaluate.ts';
import { processEvents } from '../../../server/pipeline/process/process.ts';
import { readChore } from '../../../server/pipeline/read/chore.ts';
import { createLog } from '../../../server/platform/log.ts';
import { bodyBinding } from '../../../server/store/events/events.ts';
import { customerKey } from '../../../server/store/people/identifiers.ts';
import { loadInstallation } from '../../../server/store/shops/installation.ts';
import { loadSettings } from '../../../server/store/shops/settings.ts';
import { DAY, HOUR, openScene, type Scene } from '../../features/activity/scene.ts';
import { CHOICE_ROWS, type ChoiceRow, HISTORY_POLICIES, LEVELS } from './choice-rows.ts';

const CHANNELS = ['email', 'sms'] as const;
const SOURCES = ['webhook', 'read', 'import', 'reconciliation'] as const;
/** When somebody chose, and which column of the table it belongs to. */
const MOMENTS = [
  { name: 'since the install', ago: HOUR, column: 'since' },
  { name: 'before the install', ago: 401 * DAY, column: 'before' },
  { name: 'undated', ago: null, column: 'before' },
] as const;

type Case = {
  id: number;
  row: ChoiceRow;
  channel: (typeof CHANNELS)[number];
  source: (typeof SOURCES)[number];
  moment: (typeof MOMENTS)[number];
};

const cases: Case[] = [];
for (const row of CHOICE_ROWS)
  for (const channel of CHANNELS)
    for (const source of SOURCES)
      for (const moment of MOMENTS) {
        // A webhook without a date is dated when it was triggered: it is never undated.
        if (source === 'webhook' && moment.ago === null) continue;
        cases.push({ id: cases.length + 1, row, channel, source, moment });
      }

const emailOf = (one: Case) => `person${one.id}@example.com`;
const phoneOf = (one: Case) => `+1303555${String(one.id).padStart(4, '0')}`;
const upper = (word: string | null) => word?.toUpperCase() ?? null;

let scene: Scene;
const dateOf = (one: Case) => (one.moment.ago === null ? null : new Date(scene.now - one.moment.ago).toISOString());

function webhookOf(one: Case): [topic: string, body: Record<string, unknown>] {
  const said = { state: one.row.state, opt_in_level: one.row.level, consent_updated_at: dateOf(one) };
  return one.channel === 'email'
    ? [
        'customers_email_marketing_consent/update',
        { customer_id: one.id, email_address: emailOf(one), email_marketing_consent: said },
      ]
    : ['customers_marketing_consent/update', { id: one.id, phone: phoneOf(one), sms_marketing_consent: said }];
}

/** As the Admin API has it. */
function nodeOf(one: Case): Record<string, unknown> {
  const [state, level, at] = [upper(one.row.state), upper(one.row.level), dateOf(one)];
  return {
    __typename: 'Customer',
    id: `gid://shopify/Customer/${one.id}`,
    defaultEmailAddress:
      one.channel === 'email'
        ? { emailAddress: emailOf(one), marketingState: state, marketingOptInLevel: level, marketingUpdatedAt: at }
        : null,
    defaultPhoneNumber:
      one.channel === 'sms'
        ? { phoneNumber: phoneOf(one), smsMarketingConsent: { state, optInLevel: level, updatedAt: at } }
        : null,
  };
}

const admin: Admin = {
  hasAccess: async () => true,
  run: async (_shop, _document, variables) => {
    const ids: unknown = Object.entries(variables ?? {}).find(([name]) => name === 'ids')?.[1];
    const nodes = (Array.isArray(ids) ? ids : []).map(
      (id) => cases.filter((one) => String(id).endsWith(`/${one.id}`)).map(nodeOf)[0] ?? null,
    );
    return JSON.parse(JSON.stringify({ data: { nodes }, denied: [] }));
  },
  noteLeftOut: async () => {},
  download: () => {
    throw new Error('No files here');
  },
};

async function translate(): Promise<void> {
  const { db, shops } = scene;
  const reads = { mayRead: admin.hasAccess, waitMs: HOUR, wake: () => {} };
  const deps = { db, shops, log: createLog('silent'), now: () => scene.now, reads };
  while ((await processEvents(deps, scene.shop)) > 0);
}

/** An event as imports and reconciliation store it: the customer's record as its body. */
async function storeRecord(one: Case): Promise<void> {
  const id = uuidv7();
  const topic = one.source === 'import' ? 'import/customers' : 'customers/update';
  const body = scene.shop.vault.seal(bodyBinding(id), JSON.stringify({ ...nodeOf(one), metafields: [] }));
  await scene.db.query(
    `INSERT INTO events (id, shop_id, webhook_id, topic, source, triggered_at, received_at, body)
     VALUES ($1, $2, $3, $4, $5, $6, $6, $7)`,
    [id, scene.shop.id, id, topic, one.source, new Date(scene.now), body],
  );
}

beforeAll(async () => {
  scene = await openScene();
  await scene.begin();
  for (const one of cases) {
    if (one.source === 'webhook') await scene.receive(...webhookOf(one));
    // A person is first seen in an order; what they chose is read.
    else if (one.source === 'read') await scene.receive('orders/create', { id: one.id, customer: { id: one.id } });
    else await storeRecord(one);
  }
  await translate();
  const { db, shop } = scene;
  const deps = { db, admin, log: createLog('silent'), now: () => scene.now };
  // Read only the people first seen in an order. A read must not add to what the others' sources
  // said.
  const met = cases.filter(({ source }) => source === 'read').map(({ id }) => customerKey(shop.vault, String(id)));
  await db.query('UPDATE people SET read_due_at = NULL WHERE shop_id = $1 AND key <> ALL($2::text[])', [shop.id, met]);
  const chore = readChore({ ...deps, random: () => 0.5, translate, wake: () => {} });
  while (await chore.work(shop, new AbortController().signal));
}, 120_000);
afterAll(async () => await scene.close());

/** The flag that a delivery for each person would carry now, under one setting. */
async function flagsUnder(optInLevel: OptInLevel, history: HistoryPolicy): Promise<(boolean | null)[]> {
  const { db, shop, now } = scene;
  const saved = await loadSettings(db, shop);
  if (!saved) throw new Error('There are no settings');
  const consent = { email: { optInLevel, history, untickedBox: 'send' as const }, sms: { optInLevel, history } };
  const stored = { ...saved, settings: { ...saved.settings, consent } };
  const people = await db.query<{ id: string; key: string }>('SELECT id, key FROM people WHERE shop_id = $1', [
    shop.id,
  ]);
  const idOf = new Map(people.map(({ id, key }) => [key, id]));
  const deliveries = cases.map((one) => ({
    id: uuidv7(),
    eventId: uuidv7(),
    kind: 'person' as const,
    entity: null,
    personId: idOf.get(customerKey(shop.vault, String(one.id))) ?? null,
    subject: { contact: null, purchase: null, about: null },
    attempts: 0,
    firstAttemptAt: null,
    again: true,
    reassert: false,
    unread: false,
    choice: false,
    topic: 'person/send',
    eventReceivedAt: now,
    eventTriggeredAt: now,
  }));
  const found = await loadContext(db, shop, stored, deliveries);
  const life = await loadInstallation(db, shop);
  return cases.map(({ channel }, i) => {
    const delivery = deliveries[i];
    const evaluated = delivery && evaluate({ shop, stored, life, found, now }, delivery);
    if (evaluated?.prepared.kind !== 'send') throw new Error('Not even the contact would be sent');
    return evaluated.prepared.flags[channel] ?? null;
  });
}

describe.each(HISTORY_POLICIES)('the flag sent with history "%s"', (history) => {
  it.each(LEVELS.map((level, i) => ({ level, i })))(
    'and the opt-in level "$level" is the one in the table',
    async ({ level, i }) => {
      const flags = await flagsUnder(level, history);
      const found = cases.map((one, at) => ({ ...describeCase(one), flag: flags[at] ?? null }));
      const expected = cases.map((one) => {
        const column = one.moment.column === 'since' ? one.row.since : one.row.before[history];
        return { ...describeCase(one), flag: column[i] ?? null };
      });
      expect(found).toEqual(expected);
    },
  );
});

it('every source delivered its facts', async () => {
  const rows = await scene.db.query<{ source: string; count: number }>(
    `SELECT source, count(*) AS count FROM consent_facts WHERE shop_id = $1 GROUP BY source ORDER BY source`,
    [scene.shop.id],
  );
  const of = (source: string) => cases.filter((one) => one.source === source).length;
  expect(rows).toEqual([
    { source: 'admin_read', count: of('read') },
    { source: 'consent_topic', count: of('webhook') },
    { source: 'import', count: of('import') },
    { source: 'reconciliation', count: of('reconciliation') },
  ]);
});

const describeCase = ({ row, channel, source, moment }: Case) => ({
  says: row.says,
  channel,
  source,
  chosen: moment.name,
});
