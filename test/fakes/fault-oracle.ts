/**
 * What surviving a fault means, in every test: nothing acknowledged is lost, the last flag that
 * Ascent360 took is never older than the person's newest choice, and nothing is accepted twice
 * unless an answer was lost on the way.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { customer, EMAIL, emailConsent } from '../pipeline/bodies.ts';
import type { FakeAscent360, ReceivedRecord } from './ascent360.ts';
import { SHOP, until } from './connector.ts';
import type { ConnectorProcess, Standing, World } from './connector-process.ts';

/** One webhook, sent as Shopify does: again and again with the same id, until the answer is 200. */
export type Sent = {
  webhookId: string;
  shop: string;
  /** The first name in its payload, unique to it; null: it carries a choice. */
  marker: string | null;
  choice: { address: string; value: boolean; chosenAt: number } | null;
  statuses: (number | 'no answer')[];
  /** How long each answer took, in milliseconds. */
  took: number[];
  acknowledged: boolean;
};

type Sender = Pick<ConnectorProcess, 'send'>;
type Webhook = Pick<Sent, 'webhookId' | 'shop' | 'marker' | 'choice'> & { topic: string; body: object };

let people = 1_000_000;

/** A new customer whom only this event is about. */
export function someCustomer(shop = SHOP): Webhook {
  const id = people++;
  const marker = `Marker${id}`;
  return {
    webhookId: randomUUID(),
    shop,
    topic: 'customers/create',
    body: customer(id, { first_name: marker }),
    marker,
    choice: null,
  };
}

/** A person's email choice. */
export function someChoice(person: number, value: boolean, chosenAt: number, shop = SHOP): Webhook {
  const state = value ? 'subscribed' : 'unsubscribed';
  return {
    webhookId: randomUUID(),
    shop,
    topic: EMAIL,
    body: emailConsent(person, state, new Date(chosenAt).toISOString()),
    marker: null,
    choice: { address: `person${person}@example.com`, value, chosenAt },
  };
}

/** How one webhook is sent until it is acknowledged. */
type Trying = {
  /** It is given up after this many. */
  tries?: number;
  waitMs?: number;
  /** Resolves when the next try may leave. */
  turn?: () => Promise<void>;
  /** Gets each status. */
  heard?: (status: number | 'no answer') => void;
};

/** Sends one webhook until it is acknowledged. `to` is called for every try. */
export async function sendUntilTaken(to: () => Sender, webhook: Webhook, trying: Trying = {}): Promise<Sent> {
  const { tries = 60, waitMs = 200, turn, heard } = trying;
  const { topic, body, ...rest } = webhook;
  const sent: Sent = { ...rest, statuses: [], took: [], acknowledged: false };
  for (let i = 0; i < tries && !sent.acknowledged; i++) {
    if (i > 0) await wait(waitMs);
    await turn?.();
    const began = performance.now();
    const answer = await to()
      .send(topic, body, { webhookId: sent.webhookId, shop: sent.shop })
      .catch(() => null);
    sent.took.push(performance.now() - began);
    const status = answer?.status ?? 'no answer';
    sent.statuses.push(status);
    heard?.(status);
    sent.acknowledged = answer?.status === 200;
  }
  return sent;
}

/** Sends all of them, this many at a time. */
export async function sendAll(to: () => Sender, webhooks: readonly Webhook[], atOnce = 32): Promise<Sent[]> {
  const left = webhooks.values();
  const sent: Sent[] = [];
  const lines = Array.from({ length: atOnce }, async () => {
    for (const webhook of left) sent.push(await sendUntilTaken(to, webhook));
  });
  await Promise.all(lines);
  return sent;
}

export type Traffic = {
  /** Acknowledged, or given up. */
  sent: Sent[];
  /** Every status so far. */
  statuses: Sent['statuses'];
  stop(): Promise<Sent[]>;
};

/** Each call resolves so long after the one before; what a busy machine missed is not made up for. */
function everyMs(ms: number): () => Promise<void> {
  let next = performance.now();
  return async () => {
    const now = performance.now();
    const at = Math.max(next, now);
    next = at + ms;
    await wait(at - now);
  };
}

/**
 * Sends customers and changing choices, one after another on each of `lines` lines, until it is
 * stopped.
 * @param options.perSecond tries of all lines together; absent: as many as the answers allow
 * @param options.shops the lines belong to these in turn
 * @param options.choosers how many people of a line choose, in turn
 * @param options.tries a webhook is given up after this many: by default after longer than any
 *   process takes to start on a busy machine, as what was given up may have been stored
 */
export function startTraffic(
  to: () => Sender,
  options: {
    lines?: number;
    pauseMs?: number;
    perSecond?: number;
    shops?: readonly string[];
    choosers?: number;
    tries?: number;
  } = {},
): Traffic {
  const { lines = 6, pauseMs = 10, perSecond, shops = [SHOP], choosers = 10, tries = 600 } = options;
  const sent: Sent[] = [];
  const statuses: Sent['statuses'] = [];
  const first = people;
  people += 100 * lines;
  const began = Date.now() - 5 * 60_000;
  let stopped = false;
  const heard = (status: Sent['statuses'][number]) => statuses.push(status);
  const trying: Trying = { tries, heard, ...(perSecond ? { turn: everyMs(1000 / perSecond) } : {}) };
  const running = Array.from({ length: lines }, async (_, line) => {
    const shop = shops[line % shops.length];
    for (let i = 0; !stopped; i++) {
      const webhook =
        i % 3 === 0
          ? // Every fourth choice is older than the one before it.
            someChoice(
              first + line * 10 + (i % choosers),
              (i / 3) % 2 < 1,
              began + (i % 12 === 9 ? i - 4 : i) * 20,
              shop,
            )
          : someCustomer(shop);
      sent.push(await sendUntilTaken(to, webhook, trying));
      await wait(pauseMs);
    }
  });
  return {
    sent,
    statuses,
    stop: async () => {
      stopped = true;
      await Promise.all(running);
      return sent;
    },
  };
}

const ENDED = new Set(['accepted', 'merged', 'skipped', 'attention']);
/** The database's and the merchant's names for states. */
const KNOWN = new Set([...ENDED, 'received', 'open', 'waiting', 'sending', 'retrying']);

/** Waits until every acknowledged event has ended. */
export async function settled(
  world: World,
  from: Pick<ConnectorProcess, 'api'>,
  sent: readonly Sent[],
  timeoutMs = 90_000,
): Promise<Map<string, Standing>> {
  const shops = [...new Set(sent.map(({ shop }) => shop))];
  const ids = sent.filter(({ acknowledged }) => acknowledged).map(({ webhookId }) => webhookId);
  return await until(
    `${ids.length} events end`,
    async () => {
      const maps = await Promise.all(shops.map(async (shop) => await world.standings(from, shop)));
      const all = new Map(maps.flatMap((map) => [...map]));
      // A missing event is lost. It isn't waited for, because the verdict reports it.
      if (ids.every((id) => ENDED.has(all.get(id)?.state ?? 'accepted'))) return all;
      await wait(150);
      return undefined;
    },
    timeoutMs,
  );
}

const fieldOf = (record: ReceivedRecord, key: string): unknown =>
  typeof record.body === 'object' && record.body !== null ? Reflect.get(record.body, key) : undefined;

const grouped = <T>(items: readonly T[], keyOf: (item: T) => unknown) => {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (typeof key === 'string') groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
};

export type Verdict = {
  /**
   * Acknowledged, but neither accepted nor merged nor skipped nor waiting nor needing attention.
   */
  lost: string[];
  /** The database says accepted*, but the receiver never got it. */
  neverTaken: string[];
  /** Taken twice although the first answer was not lost. */
  repeated: string[];
  /** The last flag taken isn't the newest choice. */
  regressed: string[];
  /** What Ascent360 would not have understood. */
  faults: string[];
};

export const SURVIVED: Verdict = { lost: [], neverTaken: [], repeated: [], regressed: [], faults: [] };

/** Allows what is `explained` to arrive again although it was accepted, and counts it. */
export function countRepeats(explained: (before: ReceivedRecord, again: ReceivedRecord) => boolean) {
  let repeats = 0;
  return {
    answerLost: (before: ReceivedRecord, again: ReceivedRecord) => {
      const isExplained = explained(before, again);
      if (isExplained) repeats++;
      return isExplained;
    },
    repeats: () => repeats,
  };
}

/**
 * Resolves once everything a process had sent before its end has arrived. @returns that moment, as
 * a Unix time in milliseconds
 */
export async function allArrived(): Promise<number> {
  await wait(100);
  await wait(20);
  return Date.now();
}

/**
 * Explains what was sent before one of these moments and again after it.
 * @param ends when the last output of a process that ended arrived, as Unix times in milliseconds
 */
export const acrossEnds =
  (ends: readonly number[]) =>
  (before: ReceivedRecord, again: ReceivedRecord): boolean =>
    ends.some((end) => before.at <= end && end < again.at);

/**
 * How many attempts ended without a recorded answer. Embedded: only after the process has ended.
 */
export const unansweredAttempts = async (world: World): Promise<number> =>
  await world.read(async (db) => (await db.query(`SELECT 1 FROM attempts WHERE class = 'unknown'`)).length);

/**
 * The one check. Call it once the acknowledged events have ended.
 * @param answerLost whether the answer to a repeated request may not have been recorded, because
 * something was killed or away
 */
export function judge(
  sent: readonly Sent[],
  standings: ReadonlyMap<string, Standing>,
  ascent360: FakeAscent360,
  answerLost: (before: ReceivedRecord, again: ReceivedRecord) => boolean = () => false,
): Verdict {
  const acknowledged = sent.filter((one) => one.acknowledged);
  const accepted = ascent360.received.filter((record) => record.accepted);
  const byName = grouped(accepted, (record) => fieldOf(record, 'FirstName'));
  const flags = accepted.filter((record) => fieldOf(record, 'EmailPermission') !== undefined);
  const byAddress = grouped(flags, (record) => fieldOf(record, 'Email'));
  const twice = (records: readonly ReceivedRecord[], same: (a: ReceivedRecord, b: ReceivedRecord) => boolean) =>
    records.some((record, i) => {
      const next = records[i + 1];
      return next !== undefined && same(record, next) && !answerLost(record, next);
    });
  const flagOf = (record: ReceivedRecord) => fieldOf(record, 'EmailPermission');
  const markers = new Set(sent.map(({ marker }) => marker));
  const newest = new Map<string, NonNullable<Sent['choice']>>();
  for (const { choice } of acknowledged) {
    if (choice && (newest.get(choice.address)?.chosenAt ?? 0) < choice.chosenAt) newest.set(choice.address, choice);
  }
  return {
    lost: acknowledged
      .filter(({ webhookId }) => !KNOWN.has(standings.get(webhookId)?.state ?? ''))
      .map(({ webhookId }) => webhookId),
    neverTaken: acknowledged
      .filter(
        ({ webhookId, marker }) => marker && standings.get(webhookId)?.state === 'accepted' && !byName.has(marker),
      )
      .map(({ webhookId }) => webhookId),
    repeated: [
      ...[...byName].filter(([name, records]) => markers.has(name) && twice(records, () => true)),
      ...[...byAddress].filter(([, records]) => twice(records, (a, b) => flagOf(a) === flagOf(b))),
    ].map(([name, records]) => `${name} at ${records.map(({ at }) => at).join(', ')}`),
    regressed: [...newest]
      .filter(([address, { value }]) => {
        const last = byAddress.get(address)?.at(-1);
        return last === undefined || flagOf(last) !== value;
      })
      .map(([address]) => address),
    faults: ascent360.received.flatMap((record) => (record.taken ? record.faults : [])),
  };
}
