import { createHash } from 'node:crypto';
import { z } from 'zod';
import { classifyAnswer } from '../../../server/ascent360/classify-answer.ts';
import type { Attempt } from '../../../server/ascent360/client.ts';
import type { Instant } from '../../../server/domain/scalars.ts';
import { parseSettings } from '../../../server/domain/settings/contract.ts';
import { findSendable, sendAgain } from '../../../server/features/activity/send-again.ts';
import type { ReadyDelivery } from '../../../server/pipeline/deliver/lease-and-note.ts';
import type { Finished } from '../../../server/pipeline/deliver/record.ts';
import { type TurnDeps, takeTurn } from '../../../server/pipeline/deliver/take-turn.ts';
import { processEvents } from '../../../server/pipeline/process/process.ts';
import type { Config } from '../../../server/platform/config.ts';
import { allowPauses, type Db, type Sql } from '../../../server/platform/database/db.ts';
import type { Keys } from '../../../server/platform/keys.ts';
import { createLog } from '../../../server/platform/log.ts';
import { filterShape } from '../../../server/store/events/event-filter.ts';
import { createInbox } from '../../../server/store/events/inbox.ts';
import { noteCall } from '../../../server/store/shops/installation.ts';
import { listRequests, markDone } from '../../../server/store/shops/privacy-requests.ts';
import { loadSettings, saveSettings } from '../../../server/store/shops/settings.ts';
import { createShops } from '../../../server/store/shops/shops.ts';
import { MINUTE, SECOND } from '../../durations.ts';
import { chanceOf } from './chance.ts';
import { type ImportMonthDeps, importMonth } from './import-month.ts';
import { type Plot, plotMonth, type Story } from './plot.ts';

/** The Shopify user who makes the choices. */
const MERCHANT = '42';

/**
 * The database at another time: statements that ask for its clock get that one, as a parameter, so
 * that they are planned once.
 */
function atTime(db: Db, now: () => Instant): Db {
  const shifted = (sql: Sql): Sql => ({
    query: async (text, params = []) =>
      text.includes('now()')
        ? await sql.query(text.replaceAll('now()', `$${params.length + 1}::timestamptz`), [...params, new Date(now())])
        : await sql.query(text, params),
  });
  return {
    ...db,
    ...shifted(db),
    transaction: async (work) =>
      await db.transaction(async (sql) => {
        // A machine that pauses is no frozen process.
        if (!db.embedded) await allowPauses(sql);
        return await work(shifted(sql));
      }),
  };
}

/** What Ascent360 would have answered then. */
function answerOf(plot: Plot, payload: object, now: Instant): { status: number } {
  const email = Reflect.get(payload, 'Email');
  const trouble = plot.troubles.find(
    (one) => now >= one.from && now < one.to && (one.email === undefined || one.email === email),
  );
  return { status: trouble?.status ?? 200 };
}

function attemptOf({ status }: { status: number }, ms: number): Attempt {
  const answer = { status, contentType: status === 200 ? null : 'text/plain', excerpt: '' };
  return { ...classifyAnswer(answer), status, ms, excerpt: '', retryAfterMs: null };
}

/** What was sent over the month, oldest first. */
export type History = { received: number; sent: { at: Instant; status: number; payload: object }[]; plot: Plot };

/**
 * Gives a shop a month of history by running the app itself through it, with its clock set back and
 * a receiver that answers at once. The shop must be new. Afterwards the app can continue from here.
 */
export async function writeHistory(
  {
    db,
    keys,
    config,
    progress,
  }: {
    db: Db;
    keys: Keys;
    config: Config;
    /** Called with the share that is written. */
    progress?: ((share: number) => void) | undefined;
  },
  story: Story,
): Promise<History> {
  const { until } = story;
  const plot = plotMonth(story);
  const chance = chanceOf(11);
  let now = plot.installedAt;
  const clock = () => now;
  const then = atTime(db, clock);
  const shops = createShops(then, keys);
  const shop = await shops.ensure(story.shop);
  const inbox = createInbox(then, { shops });
  const log = createLog('silent');
  const turns: TurnDeps = {
    db: then,
    log,
    leaseMs: config.lease,
    connectionProbeMs: config.connectionProbe,
    breakerProbeMs: config.breakerProbe,
    breakerWindowMs: config.breakerWindow,
    retrySchedule: config.retrySchedule,
    now: clock,
    random: chance.next,
  };
  const history: History = { received: 0, sent: [], plot };

  function post(delivery: ReadyDelivery): Finished {
    const payload: object = JSON.parse(delivery.body.text);
    const answer = answerOf(plot, payload, now);
    history.sent.push({ at: now, status: answer.status, payload });
    return { delivery, result: attemptOf(answer, chance.whole(90, 640)) };
  }

  /** Sends what may be sent at this moment, up to this many. */
  async function deliver(most = Number.POSITIVE_INFINITY): Promise<void> {
    let finished: Finished[] = [];
    for (let left = most; ; left -= finished.length) {
      const { ready } = await takeTurn(turns, shop, finished, Math.min(50, left));
      if (ready.length === 0) return;
      now += SECOND;
      finished = ready.map(post);
    }
  }

  async function translate(): Promise<void> {
    while ((await processEvents({ db: then, shops, log, now: clock }, shop)) > 0);
  }

  /** When something waiting is next due, before a given time; null: nothing is. */
  async function nextDue(before: Instant): Promise<Instant | null> {
    const [row] = await then.query<{ at: Date | null }>(
      `SELECT min(d.due_at) AS at FROM deliveries d WHERE d.shop_id = $1 AND d.open AND NOT EXISTS (
         SELECT 1 FROM deliveries o WHERE o.shop_id = d.shop_id AND o.open AND o.seq < d.seq
           AND (o.email_lane = d.email_lane OR o.phone_lane = d.phone_lane))`,
      [shop.id],
    );
    if (!row?.at) return null;
    const stored = await loadSettings(then, shop);
    if (!stored?.guid || stored.settings.paused) return null;
    const probe = stored.problem
      ? (stored.probeAt ?? 0)
      : stored.breaker?.openedAt
        ? (stored.breaker.probedAt ?? stored.breaker.openedAt) + config.breakerProbe * 20
        : 0;
    const at = Math.max(row.at.getTime(), probe, now + SECOND);
    return at < before ? at : null;
  }

  async function waitUntil(moment: Instant): Promise<void> {
    for (let due = await nextDue(moment); due !== null; due = await nextDue(moment)) {
      now = due;
      await deliver();
    }
    now = Math.max(now, moment);
  }

  async function save(document: object): Promise<void> {
    const parsed = parseSettings(document, { developmentStore: false });
    if (!parsed.ok) throw new Error(`The settings of the history are wrong: ${JSON.stringify(parsed.errors)}`);
    await saveSettings(then, shop, parsed, { who: MERCHANT, now });
  }

  async function arrive(burst: Plot['bursts'][number]): Promise<void> {
    const last = burst.happenings.at(-1)?.at ?? burst.at;
    now = Math.max(now, last + 2 * SECOND);
    await Promise.all(
      burst.happenings.map(async ({ at, topic, body }, n) => {
        const text = typeof body === 'string' ? body : JSON.stringify(body);
        const id = createHash('sha256')
          .update(`${burst.at - until}:${n}`)
          .digest('hex');
        await inbox.store({
          shop,
          webhookId: `${id.slice(0, 8)}-${id.slice(8, 12)}-4${id.slice(13, 16)}-8${id.slice(17, 20)}-${id.slice(20, 32)}`,
          topic,
          apiVersion: '2026-10',
          triggeredAt: at,
          receivedAt: Math.min(at + chance.whole(300, 1400), now),
          body: Buffer.from(text),
        });
        history.received += 1;
      }),
    );
    await translate();
    await deliver();
  }

  /** Handles Shopify's first privacy requests in Ascent360. */
  async function closeRequest(kind: 'data_request' | 'redact'): Promise<void> {
    const { requests } = await listRequests(then, shop, null);
    const first = requests.findLast((request) => request.kind === kind);
    if (first) await markDone(then, shop, first.id, now);
  }

  const importing: ImportMonthDeps = {
    db: then,
    shops,
    config,
    log,
    clock: {
      now: clock,
      goOn: (ms) => {
        now += ms;
      },
    },
    random: chance.next,
    work: async (most) => {
      await translate();
      await deliver(most);
    },
  };

  async function again(email: string): Promise<void> {
    const filter = z.object(filterShape('UTC')).parse({ state: 'attention', q: email });
    const { ids } = await findSendable(then, shop, filter, 'US');
    await sendAgain({ db: then, now: clock }, shop, ids, { reassert: false, dryRun: false });
    await deliver();
  }

  const steps = [
    ...plot.bursts.map((burst) => ({ at: burst.at, go: async () => await arrive(burst) })),
    ...plot.acts.map(({ at, settings: document }) => ({ at, go: async () => await save(document) })),
    { at: plot.sentAgain.at, go: async () => await again(plot.sentAgain.email) },
    { at: plot.imports.customersAt, go: async () => await importMonth(importing, shop, plot, {}) },
    ...plot.requestsDone.map(({ at, kind }) => ({ at, go: async () => await closeRequest(kind) })),
  ].sort((a, b) => a.at - b.at);
  await noteCall(then, shop, { earliest: now, latest: now });
  for (const [n, { at, go }] of steps.entries()) {
    progress?.(n / steps.length);
    await waitUntil(at);
    await go();
  }
  await waitUntil(until - 10 * MINUTE);
  await importMonth(importing, shop, plot, { only: plot.people.slice(0, 165).map(({ id }) => id), pausedAfter: 60 });
  await noteCall(then, shop, { earliest: until, latest: until });
  return history;
}
