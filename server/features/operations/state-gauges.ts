import { Gauge, type Registry } from 'prom-client';
import type { Db } from '../../platform/database/db.ts';
import type { Log } from '../../platform/log.ts';
import { withinOr } from '../../platform/within.ts';
import { holds, readState, recent, unfinished } from './read-state.ts';

/**
 * How long to keep the numbers from the database, and what share of the time to spend on reading
 * them at most.
 */
const KEPT_MS = 5000;
const COST_PERCENT = 5;
/**
 * After this, numbers that couldn't be renewed are no longer reported, as Prometheus itself drops what it no longer gets. Not
 * sooner: a slow database is asked that rarely, and an alert's patience begins anew whenever its numbers are missing.
 */
const STALE_MS = 300_000;
/** How long a scrape waits for the database. */
const WAIT_MS = 2000;
/** When to give up on an answer: its connection may be dead while others work. */
const GIVEN_UP_MS = 30_000;

export type StateGaugesDeps = { db: Pick<Db, 'query' | 'transaction'>; log: Log };

/**
 * Registers the gauges that come from the database.
 * @returns refreshes them; never rejects, and takes 2 s at most
 */
export function stateGauges({ db, log }: StateGaugesDeps, registry: Registry): () => Promise<void> {
  const registers = [registry];
  const up = new Gauge({ name: 'connector_database_up', help: '1 while the database answers, else 0.', registers });
  const age = new Gauge({
    name: 'connector_state_age_seconds',
    help: 'How old the gauges from the database are; after 5 minutes without new ones they are not reported.',
    registers,
  });
  const forget: (() => void)[] = [];
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) => {
    const made = new Gauge({ name: `connector_${name}`, help, labelNames, registers });
    // Without labels, `reset` would leave a 0.
    forget.push(labelNames.length > 0 ? () => made.reset() : () => made.remove());
    return made;
  };
  const unfinishedEvents = gauge(
    'events_unfinished',
    'Events that have not ended, and those that need attention, by state.',
    ['state'],
  );
  const recentEvents = gauge(
    'events_last_hour',
    'Events received in the last hour, by the state they are in now; waiting includes sending and retrying.',
    ['state'],
  );
  const oldestReceived = gauge('oldest_received_age_seconds', 'Age of the oldest event not yet translated.', []);
  const oldestDue = gauge(
    'oldest_due_age_seconds',
    'How long the oldest delivery that could go has been due, by what holds it: due means nothing but the workers. One behind an earlier one of its address, order or customer is not due.',
    ['hold'],
  );
  const breakers = gauge('breakers_open', 'Shops whose breaker is open: Ascent360 fails for them.', []);
  const problems = gauge(
    'shops_connection_problem',
    'Shops that send nothing, because Ascent360 refuses the connection.',
    [],
  );
  const lateOptOuts = gauge(
    'opt_outs_late',
    'Opt-outs of shops that were ever connected that wait and have been due for more than 3 days, by what holds the shop. Laws give 10 business days.',
    ['hold'],
  );
  const silent = gauge('shops_silent', 'Shops from which no webhooks come although Shopify knows of changes.', []);

  let askedAt = Number.NEGATIVE_INFINITY;
  let keptMs = KEPT_MS;
  let freshAt = performance.now();
  for (const each of forget) each();
  let asking: Promise<void> | null = null;
  let isUp = false;

  async function ask(): Promise<void> {
    const began = performance.now();
    let answers = false;
    try {
      await db.query('SELECT 1');
      answers = true;
      isUp = true;
      const state = await readState(db);
      for (const name of unfinished) unfinishedEvents.set({ state: name }, state.unfinished[name]);
      for (const name of recent) recentEvents.set({ state: name }, state.recent[name]);
      for (const hold of holds) {
        oldestDue.set({ hold }, state.oldestDue[hold]);
        lateOptOuts.set({ hold }, state.lateOptOuts[hold]);
      }
      oldestReceived.set(state.oldestReceived);
      breakers.set(state.breakers);
      problems.set(state.problems);
      silent.set(state.silent);
      freshAt = performance.now();
    } catch (error) {
      isUp = answers;
      log.warn({ stage: 'metrics', databaseUp: answers, err: error }, 'the state could not be read for the metrics');
    }
    const took = performance.now() - began;
    keptMs = Math.max(KEPT_MS, (took * 100) / COST_PERCENT);
  }

  return async () => {
    const since = performance.now() - askedAt;
    if (asking === null ? since >= keptMs : since > GIVEN_UP_MS) {
      isUp = false;
      askedAt = performance.now();
      keptMs = KEPT_MS;
      const mine = ask().finally(() => {
        if (asking === mine) asking = null;
      });
      asking = mine;
    }
    if (asking !== null) await withinOr(asking, WAIT_MS, () => {});
    up.set(isUp ? 1 : 0);
    const ageMs = performance.now() - freshAt;
    age.set(ageMs / 1000);
    if (ageMs > STALE_MS) for (const each of forget) each();
  };
}
