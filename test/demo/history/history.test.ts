import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Instant } from '../../../server/domain/scalars.ts';
import { describeImports } from '../../../server/features/imports/describe.ts';
import { countEvents } from '../../../server/features/overview/counts.ts';
import { readConfig } from '../../../server/platform/config.ts';
import type { Db } from '../../../server/platform/database/db.ts';
import { createKeys } from '../../../server/platform/keys.ts';
import { listImports } from '../../../server/store/imports/imports.ts';
import { nothingStored } from '../../../server/store/shops/settings.ts';
import { createShops } from '../../../server/store/shops/shops.ts';
import { DAY, HOUR } from '../../durations.ts';
import { faultsOf } from '../../fakes/ascent360.ts';
import { testDatabase } from '../../fakes/database.ts';
import { middayZone } from './midday-zone.ts';
import { storyOf } from './open-history.ts';
import { type Plot, plotMonth, TIME_ZONE } from './plot.ts';
import { type History, writeHistory } from './write-history.ts';

const SHOP = 'history.myshopify.com';
const NOW = Date.parse('2026-11-24T18:00:00Z');
const GUID = '5f0c2a44-7d1e-4b7a-9a57-3c1d8e2f6b90';
const keys = createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }]);

let db: Db;
let history: History;
beforeAll(async () => {
  db = await testDatabase();
  const config = readConfig({ SHOPIFY_API_KEY: 'any', SHOPIFY_API_SECRET: 'any' });
  history = await writeHistory({ db, keys, config }, storyOf(SHOP, GUID, NOW));
  // A whole month of work.
}, 400_000);
afterAll(async () => await db.close());

const rows = async <Row extends object>(text: string) => await db.query<Row>(text);

describe('the month of history', () => {
  it('adds up: received equals ended plus waiting', async () => {
    const shop = await createShops(db, keys).ensure(SHOP);
    const { counts, daily } = await countEvents(db, shop, TIME_ZONE, NOW);
    const { received, accepted, merged, skipped, waiting, attention } = counts['30d'];
    expect(received).toBe(history.received);
    expect(accepted + merged + skipped + waiting + attention).toBe(received);
    expect(received).toBeGreaterThan(1200);
    expect(waiting).toBeGreaterThan(0);
    expect(daily.every((day) => day.received > 0)).toBe(true);
  });

  it('has every ending that a shop sees in a month', async () => {
    const ended = await rows<{ reason: string }>(`SELECT DISTINCT coalesce(reason, state) AS reason FROM events`);
    expect(ended.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining([
        ...['accepted', 'open', 'superseded', 'told_with_another', 'nothing_new', 'no_contact', 'no_choice'],
        ...['already_told', 'history_held', 'test_order', 'channel_excluded', 'recorded', 'lifecycle', 'privacy'],
        ...['deleted_person', 'merge_not_completed', 'rejected', 'gave_up', 'unreadable', 'translation_failed'],
      ]),
    );
    const answers = await rows<{ status: number }>('SELECT DISTINCT status FROM attempts ORDER BY status');
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 422, 500, 503]);
  });

  it('has an import that is done and one that is paused, and they add up', async () => {
    const shop = await createShops(db, keys).ensure(SHOP);
    const [some, all] = await describeImports(db, shop, nothingStored, await listImports(db, shop));
    const { records, accepted, merged, waiting, attention, skipped } = all?.counts ?? expect.fail('No import');
    const left = Object.values(skipped).reduce((sum, count) => sum + count, 0);
    expect(accepted + merged + waiting + attention + left).toBe(records);
    expect(all).toMatchObject({ kind: 'customers', state: 'done' });
    expect(all?.counts.accepted).toBeGreaterThan(100);
    expect(all?.counts.flags.EmailPermission.false).toBeGreaterThan(3);
    expect(some).toMatchObject({ kind: 'customers', state: 'paused' });
    expect(some?.done).toBeGreaterThan(0);
    expect(some?.done).toBeLessThan(some?.total ?? 0);
  });

  it('has privacy requests that are done and some that wait for the merchant', async () => {
    const found = await rows<{ request: string }>(
      `SELECT kind || CASE WHEN done_at IS NULL THEN ' open' ELSE ' done' END AS request FROM privacy_requests`,
    );
    expect(found.map(({ request }) => request).sort()).toEqual([
      'data_request done',
      'data_request open',
      'redact done',
      'redact open',
    ]);
  });

  it('sent nothing that Ascent360 would not understand', () => {
    expect(history.sent.flatMap(({ payload }) => faultsOf(payload))).toEqual([]);
  });

  it('happened in that month: nothing from long ago is dated today, and nothing is in the future', async () => {
    const [span] = await rows<Record<string, Date>>(
      `SELECT min(received_at) AS first, max(received_at) AS last, min(settled_at) AS ended, max(settled_at) AS ended_last,
         (SELECT min(accepted_at) FROM told) AS told, (SELECT max(at) FROM attempts) AS attempt,
         (SELECT min(recorded_at) FROM consent_facts) AS fact FROM events`,
    );
    for (const [what, at] of Object.entries(span ?? {})) {
      expect.soft(at.getTime(), what).toBeGreaterThan(NOW - 30 * DAY);
      expect.soft(at.getTime(), what).toBeLessThanOrEqual(NOW);
    }
    expect((NOW - (span?.['first']?.getTime() ?? 0)) / DAY).toBeGreaterThan(28);
  });

  it('has people with long timelines', async () => {
    const [longest] = await rows<{ count: number }>(
      'SELECT count(*) AS count FROM deliveries GROUP BY person_id ORDER BY 1 DESC LIMIT 1',
    );
    expect(longest?.count).toBeGreaterThan(20);
  });

  it('is always the same story', () => {
    const once = plotMonth(storyOf(SHOP, GUID, NOW));
    expect(JSON.stringify(plotMonth(storyOf(SHOP, GUID, NOW)))).toBe(JSON.stringify(once));
  });

  it('ends in the last day, whatever the hour in Denver, even on the day on which its clocks change', () => {
    for (let hour = 0; hour < 24; hour++) {
      const now = Date.parse('2026-11-01T00:00:00Z') + hour * HOUR;
      const { bursts, installedAt } = plotMonth(storyOf(SHOP, GUID, now));
      const happenings = bursts.flatMap((burst) => burst.happenings);
      const newest = Math.max(...happenings.map(({ at }) => at));
      expect(newest).toBeGreaterThan(now - DAY);
      expect(newest).toBeLessThanOrEqual(now);
      expect(happenings.length).toBeGreaterThan(1200);
      expect(now - installedAt).toBeGreaterThan(28 * DAY);
      expect(now - installedAt).toBeLessThan(30 * DAY);
    }
  });

  it('is the same at any hour of any day in a shop whose clocks are chosen to show midday', () => {
    const toldAt = (now: Instant) => {
      const { bursts, installedAt }: Plot = plotMonth(storyOf(SHOP, GUID, now, middayZone(now)));
      const all = bursts.flatMap(({ happenings }) => happenings);
      return [now - installedAt, ...all.map(({ at, topic, order }) => [now - at, topic, order?.buyer.id])];
    };
    const first = toldAt(Date.parse('2026-11-24T00:00:00Z'));
    for (let hour = 1; hour < 24; hour++)
      expect(toldAt(Date.parse('2027-03-14T00:00:00Z') + hour * HOUR)).toEqual(first);
  });
});
