import type { Instant } from '../../domain/scalars.ts';
import { readsTags } from '../../domain/settings.ts';
import { allowPauses, type Sql } from '../../platform/database/db.ts';
import { topicOf } from '../../shopify/topics.ts';
import { askAbout, askLedgerCheck } from '../../store/consent/ledger-checks.ts';
import { redactPerson } from '../../store/erase/erase-person.ts';
import { findTraces } from '../../store/erase/find-traces.ts';
import { settleEvents } from '../../store/events/events.ts';
import type { EventRow, StoredEvent } from '../../store/events/stored-events.ts';
import { type Installation, loadInstallation, saveInstallation } from '../../store/shops/installation.ts';
import { keepFailed } from '../../store/shops/privacy-requests.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { type AtOnce, type Left, leaveAtOnce } from '../deliver/leave-at-once.ts';
import type { InShop } from '../in-shop.ts';
import { openOptOutsOf } from '../ledger/open-due-opt-outs.ts';
import { openTagOptOuts, optedOutByTag } from '../ledger/open-tag-opt-outs.ts';
import { followMoves, madeElsewhere, recordElsewhere } from '../ledger/opt-outs-elsewhere.ts';
import { passOnOptIns } from '../ledger/pass-on-opt-ins.ts';
import type { ErasedWithAnother, QuietPeriod } from './batch.ts';
import { handleEvent } from './handle-event.ts';
import { handleShopEvent, isShopEvent } from './handle-shop-event.ts';
import { openBatch } from './open-batch.ts';
import { type OpenedEvents, stillReceived } from './open-received.ts';
import { isSignOfLife, type TranslatedOrSettled } from './translate-stored.ts';

/** Sealing a batch larger than this takes a while, so its transaction may pause for longer. */
export const LARGE_BYTES = 1024 * 1024;
/** The last sign of life needn't be exact: write it at most this often, in milliseconds. */
const NOTED_EVERY_MS = 30_000;

export type BatchDeps = {
  now: () => Instant;
  /** Reads through the Admin API. Without it, nothing is read and nothing waits. */
  reads?: {
    /** Called inside the transaction. */
    mayRead(shop: Shop, sql: Sql): Promise<boolean>;
    waitMs: number;
  };
  /** Lets what can leave at once leave. Without it, everything waits to be claimed. */
  atOnce?: AtOnce;
  /** For a shop we can't read. Without it, nothing waits for other events about its person. */
  quiet?: QuietPeriod;
};

/** A sign of life makes the shop known, and installed again if it had been uninstalled. */
async function noteSignsOfLife(
  sql: Sql,
  shop: Shop,
  life: Installation,
  rows: readonly EventRow[],
): Promise<Installation> {
  const signs = rows
    .map(({ triggered_at }) => triggered_at.getTime())
    .filter((at) => life.uninstalledAt === null || at > life.uninstalledAt);
  if (signs.length === 0) return life;
  const first = Math.min(...signs);
  const last = Math.max(...signs, life.lastWebhookAt ?? 0);
  const known = life.uninstalledAt === null && life.firstWebhookAt !== null;
  if (known && last < (life.lastWebhookAt ?? 0) + NOTED_EVERY_MS) return life;
  const latest = await loadInstallation(sql, shop, true);
  const isBack = latest.uninstalledAt !== null;
  const next = {
    ...latest,
    ...(isBack && { firstCallAt: null, lastCallAt: null, uninstalledAt: null }),
    firstWebhookAt: (isBack ? null : latest.firstWebhookAt) ?? first,
    lastWebhookAt: last,
  };
  await saveInstallation(sql, shop, next);
  if (isBack) await askLedgerCheck(sql, shop);
  return next;
}

export const isAboutShop = ({ read }: { read: TranslatedOrSettled }) =>
  'event' in read && isShopEvent(read.event.translated);

/** Customers who turn out to have been the same as one who was erased. */
async function eraseMerged({ sql, shop, audit }: InShop, merged: readonly ErasedWithAnother[]): Promise<void> {
  for (const { customerId, eventId, at } of merged) {
    await allowPauses(sql);
    const traces = await findTraces(sql, shop, { customerId, email: null, phone: null, orderIds: [] });
    audit.push(...(await redactPerson(sql, shop, traces, { id: eventId, triggeredAt: at })));
    audit.push({ kind: 'privacy', action: 'erased', request: eventId });
  }
}

/** What a batch leaves to do once it is committed. */
type Handled = {
  rows: readonly EventRow[];
  /** Of deliveries that are claimed later, as JSON, by delivery id. */
  subjects: ReadonlyMap<string, string>;
  /** There is something new to read through the Admin API. */
  asked: boolean;
  /** When deliveries that wait for other webhooks are due, in milliseconds; null: none are. */
  quietMs: number | null;
  /** Null: nothing could leave at once. */
  left: Left | null;
  /** More of what was opened comes next. What is claimed before may be undone by it. */
  isCut: boolean;
  /** Otherwise the event, which was alone, is to be handled again. */
  isOver: boolean;
};

const nothing: Handled = {
  rows: [],
  subjects: new Map(),
  asked: false,
  quietMs: null,
  left: null,
  isCut: false,
  isOver: true,
};

type Opened = OpenedEvents['events'][number];

/**
 * Handles what was opened of a shop, or its beginning: an event about the whole shop, or one that
 * erases, is a batch of its own, and what came before it is written first.
 */
export async function handleOpened(deps: BatchDeps, held: InShop, opened: OpenedEvents): Promise<Handled> {
  const { sql, shop } = held;
  const current = await stillReceived(sql, opened.events);
  const [oldest] = current;
  // Another worker has handled them meanwhile, and continues with the rest.
  if (!oldest) return nothing;
  const isLarge = opened.bytes > LARGE_BYTES;
  if (isLarge) await allowPauses(sql);
  const alone = 'event' in oldest.read && isAboutShop(oldest) ? oldest.read.event : null;
  const next = current.findIndex(isAboutShop);
  const batch = alone ? [oldest] : current.slice(0, next === -1 ? current.length : next);
  const signs = batch.filter(({ row, read }) => isSignOfLife(row, read)).map(({ row }) => row);
  const life = await noteSignsOfLife(sql, shop, held.life, signs);
  const isCut = batch.length < current.length;
  if (!alone) {
    const { atOnce, ...others } = deps;
    const handled = await handleBatch(isCut ? others : deps, { ...held, life }, batch, isLarge);
    return { ...handled, isCut, isOver: true };
  }
  const isSign = (row: StoredEvent) => isSignOfLife(row, opened.read(row));
  const isOver = await handleShopEvent({ ...held, life }, { event: alone, now: deps.now(), isSign });
  return { ...nothing, rows: [oldest.row], isCut, isOver };
}

/** Handles events that are each about one person. */
async function handleBatch(
  deps: BatchDeps,
  held: InShop,
  opened: readonly Opened[],
  isLarge: boolean,
): Promise<Omit<Handled, 'isCut' | 'isOver'>> {
  const { sql, shop, life, stored } = held;
  const now = deps.now();
  const rows = opened.map(({ row }) => row);
  const events = opened.flatMap(({ read }) => ('event' in read ? [read.event] : []));
  const reading = {
    may: events.length > 0 && life.uninstalledAt === null && ((await deps.reads?.mayRead(shop, sql)) ?? false),
    waitMs: deps.reads?.waitMs ?? 0,
  };
  const settings = stored?.settings ?? null;
  // A read has everything, and without tags there is nothing to wait for.
  const quiet = { waitMs: !reading.may && settings && readsTags(settings) ? (deps.quiet?.waitMs ?? 0) : 0 };
  const batch = await openBatch(held, events, { now, reading, quiet });
  for (const event of events) handleEvent(batch, event);
  // What takes long to seal is claimed in a transaction of its own.
  const erases = batch.erasedAlso().length > 0;
  // What leaves at once doesn't see what is recorded after it.
  const elsewhere = madeElsewhere(batch.people, batch.facts());
  const moves = batch.unreadMoves();
  const isComplete = elsewhere.length === 0 && moves.length === 0;
  const leaving = deps.atOnce && !isLarge && !erases && isComplete ? leaveAtOnce(held, deps.atOnce, rows) : null;
  await passOnOptIns(held, batch.newMerges());
  const subjects = await batch.save(leaving?.choose);
  await recordElsewhere(held, elsewhere, now);
  await followMoves(held, moves, now);
  await eraseMerged(held, batch.erasedAlso());
  await openOptOutsOf(held, [...batch.mergedAway(), ...batch.optedOut()], now);
  if (stored) await askAbout(sql, shop, stored.account, batch.leftBehind());
  if (settings) await openTagOptOuts(held, optedOutByTag(batch.keptByMerges(), settings), now);
  await settleEvents(
    sql,
    opened.flatMap(({ row: { id }, read }) =>
      'settled' in read ? [{ id, settled: read.settled, detail: read.detail }] : [],
    ),
  );
  await keepFailed(
    sql,
    shop,
    opened.flatMap(({ row: { id, topic }, read }) => ('settled' in read && topicOf(topic)?.compliance ? [id] : [])),
  );
  return { rows, subjects, asked: batch.asked(), quietMs: batch.quietMs(), left: leaving?.left() ?? null };
}
