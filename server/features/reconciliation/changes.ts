import { setTimeout as wait } from 'node:timers/promises';
import { type Admin, AdminError, type Asking } from '../../admin/admin.ts';
import { customersAtOnce } from '../../admin/fetch-records.ts';
import type { FoundFact } from '../../domain/consent.ts';
import { metafieldKeys } from '../../domain/needs-read.ts';
import type { Instant, ShopifyId } from '../../domain/scalars.ts';
import type { SkippedReason } from '../../domain/states.ts';
import type { CustomerRead } from '../../domain/translated.ts';
import { dryRun } from '../../pipeline/dry-run.ts';
import { inShop } from '../../pipeline/in-shop.ts';
import { translateUnstored } from '../../pipeline/process/translate-stored.ts';
import type { Db } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import { ledgerKey, loadFacts } from '../../store/consent/facts.ts';
import { loadEntityStates } from '../../store/deliveries/entity-states.ts';
import { addFindings, type Finding } from '../../store/events/found-events.ts';
import { addressHash, entityKey } from '../../store/people/identifiers.ts';
import { noneMissed, noteMissed } from '../../store/shops/missed-changes.ts';
import { type Kind, movePoint } from '../../store/shops/reconciliations.ts';
import { nothingStored, type SettingsStore, type StoredSettings } from '../../store/shops/settings.ts';
import type { Shop, Shops } from '../../store/shops/shops.ts';
import { applyDataSaleOptOuts } from './data-sale-opt-outs.ts';
import { type Changed, fetchChangedPage, fetchWhole, type Page } from './fetch-changes.ts';

export type ChangesDeps = {
  db: Db;
  shops: Pick<Shops, 'facts'>;
  settings: Pick<SettingsStore, 'load'>;
  admin: Admin;
  now: () => Instant;
};

/**
 * Where this process stopped, by shop and kind: the point reached, since when Shopify was asked, and
 * the page to go on with.
 */
export type Stops = Map<string, { point: Instant; asked: Instant; after: string | null }>;

/** The shop being compared. `stopAt`: when to stop for now, so that other shops get their turn. */
export type Comparing = { shop: Shop; stopAt: Instant; signal: AbortSignal; stops: Stops };

/** How long a piece waits for events just received to be translated, in milliseconds. */
const TRANSLATED_WITHIN_MS = 2000;

const entityOf = (shop: Shop, kind: Kind, id: ShopifyId) =>
  entityKey(shop.vault, kind === 'orders' ? 'order' : 'customer', id);

/**
 * Waits until everything received so far is translated, so that we know what it says.
 * @returns whether it is; if not, nothing may be compared yet
 */
export async function translated(db: Db, shop: Shop, signal: AbortSignal): Promise<boolean> {
  const before = Date.now();
  const newest = newId();
  while (!signal.aborted && Date.now() - before < TRANSLATED_WITHIN_MS) {
    const rows = await db.query(
      `SELECT 1 FROM events WHERE shop_id = $1 AND state = 'received' AND id <= $2::uuid LIMIT 1`,
      [shop.id, newest],
    );
    if (rows.length === 0) return true;
    await wait(50);
  }
  return false;
}

/** Changes that no webhook reported, as far as we have processed webhooks. */
async function unknownOf(db: Db, shop: Shop, kind: Kind, changed: readonly Changed[]): Promise<Changed[]> {
  const states = await loadEntityStates(
    db,
    shop,
    changed.map(({ id }) => entityOf(shop, kind, id)),
  );
  return changed.filter(({ id, updatedAt }) => {
    const handledAt = states.get(entityOf(shop, kind, id))?.handledAt ?? null;
    return handledAt === null || handledAt < updatedAt;
  });
}

/** Never create an event about an erased or deleted person. */
const STAYS_SO: ReadonlySet<SkippedReason> = new Set<SkippedReason>(['redacted', 'deleted_person']);
/** Skipped, but we already know it. */
const KNOWN: ReadonlySet<SkippedReason> = new Set<SkippedReason>(['nothing_new', 'stale']);

async function hasNewFacts(db: Db, shop: Shop, facts: readonly FoundFact[]): Promise<boolean> {
  const dated = facts.flatMap((fact) =>
    fact.address && fact.chosenAt !== null
      ? [{ ...fact, key: { channel: fact.channel, address: addressHash(shop.vault, fact.channel, fact.address) } }]
      : [],
  );
  const known = await loadFacts(
    db,
    shop,
    dated.map(({ key }) => key),
  );
  return dated.some(
    ({ key, state, chosenAt }) =>
      !known.get(ledgerKey(key))?.some((fact) => fact.state === state && fact.chosenAt === chosenAt),
  );
}

type Known = { stored: StoredSettings; country: string | undefined; keys: readonly string[] };

async function knownOf({ settings, shops }: ChangesDeps, shop: Shop): Promise<Known> {
  const stored = (await settings.load(shop)) ?? nothingStored;
  const { country } = await shops.facts(shop);
  return { stored, country, keys: metafieldKeys(stored.settings.mapping) };
}

/**
 * Whether a finding should become an event: it has something new, and its person is not erased or
 * deleted. `noted`: what Shopify said about a person whose finding has nothing new, besides what
 * would be sent.
 */
async function judge(
  deps: ChangesDeps,
  shop: Shop,
  { stored, country }: Known,
  finding: Finding,
): Promise<{ isWorthAnEvent: boolean; noted: CustomerRead[] }> {
  const now = deps.now();
  const read = translateUnstored(country, { ...finding, source: 'reconciliation' });
  if (!('event' in read)) return { isWorthAnEvent: true, noted: [] };
  const [run] = await dryRun({ sql: deps.db, shop, stored, now }, [read.event]);
  const { settled } = run ?? { settled: null };
  if (settled?.state === 'skipped' && STAYS_SO.has(settled.reason)) return { isWorthAnEvent: false, noted: [] };
  if (settled?.state !== 'skipped' || !KNOWN.has(settled.reason)) return { isWorthAnEvent: true, noted: [] };
  const { translated: t } = read.event;
  const said = t.kind === 'order' || t.kind === 'customer' ? t.read : undefined;
  const isWorthAnEvent = await hasNewFacts(deps.db, shop, said?.facts ?? []);
  return { isWorthAnEvent, noted: said && !isWorthAnEvent ? [said] : [] };
}

type Found = { isKnown: boolean; readAt: Instant; body: string };

function findingOf(shop: Shop, kind: Kind, one: Changed, { isKnown, readAt, body }: Found): Finding {
  const entity = entityOf(shop, kind, one.id);
  const isNew = kind === 'orders' && !isKnown && one.createdAt !== null;
  const topic = kind === 'orders' ? (isNew ? 'orders/create' : 'orders/updated') : 'customers/update';
  return { webhookId: `reconciliation:${entity}:${one.updatedAt}`, topic, readAt, body };
}

/** How many changes to read in full at once. */
const READ_AT_ONCE = 5;

const onlyId = (id: ShopifyId) => `{"id":${id}}`;

/** How many pages of changes to count at most. */
const COUNTED_PAGES = 20;
/** How many of them to read in full at most. */
const READ_MOST = 50;

/**
 * How many changes no webhook reported. They are read in full, oldest first, up to the first that
 * is worth an event: those before it, such as a change of an erased person, prove nothing.
 * @returns null: none of those that were read is, and there are more
 * @throws AdminError
 */
export async function countUntold(
  deps: ChangesDeps,
  { shop, signal }: Pick<Comparing, 'shop' | 'signal'>,
  kind: Kind,
  { since, until }: { since: Instant; until: Instant },
): Promise<number | null> {
  const asking = { admin: deps.admin, shop, signal };
  const seen = new Set<string>();
  const untold: Changed[] = [];
  let after: string | null = null;
  let isAll = false;
  for (let pages = 0; pages < COUNTED_PAGES && !isAll; pages++) {
    // What changed before is listed too, and may fill more pages than are read.
    const page: Page = await fetchChangedPage(asking, kind, since, { after, seen, newestFirst: true });
    const inRange = page.changed.filter(({ updatedAt }) => updatedAt > since && updatedAt <= until);
    untold.push(...(await unknownOf(deps.db, shop, kind, inRange)));
    isAll = page.next === null || page.changed.some(({ updatedAt }) => updatedAt <= since);
    after = page.next;
  }
  untold.reverse();
  const known = await knownOf(deps, shop);
  for (let at = 0; at < Math.min(untold.length, READ_MOST); at += READ_AT_ONCE) {
    const group = untold.slice(at, at + READ_AT_ONCE);
    const readAt = deps.now();
    const bodies = await fetchWhole(asking, kind, group, known.keys);
    for (const [index, one] of group.entries()) {
      const body = bodies.get(one.id);
      if (!body) continue;
      const finding = findingOf(shop, kind, one, { isKnown: true, readAt, body });
      const { isWorthAnEvent } = await judge(deps, shop, known, finding);
      if (isWorthAnEvent) return untold.length - at - index;
    }
  }
  return isAll && untold.length <= READ_MOST ? 0 : null;
}

/**
 * Reads a group of unknown changes in full.
 * @returns those worth an event, and what Shopify said about the people of the others
 */
async function judgeGroup(
  deps: ChangesDeps,
  asking: Asking,
  { kind, since, ...known }: Known & { kind: Kind; since: Instant },
  group: readonly Changed[],
): Promise<{ readAt: Instant; findings: Finding[]; noted: CustomerRead[] }> {
  const { shop } = asking;
  const readAt = deps.now();
  const bodies = await fetchWhole(asking, kind, group, known.keys);
  if (group.length > 1 && group.every(({ id }) => bodies.get(id) === null)) {
    throw new AdminError('refused', `Shopify fails to say anything of ${group.length} ${kind}`, { why: 'no_records' });
  }
  const states = await loadEntityStates(
    deps.db,
    shop,
    group.map(({ id }) => entityOf(shop, kind, id)),
  );
  const findings: Finding[] = [];
  const noted: CustomerRead[] = [];
  for (const one of group) {
    const body = bodies.get(one.id);
    if (body === undefined) continue;
    const isKnown = states.has(entityOf(shop, kind, one.id)) || (one.createdAt !== null && one.createdAt < since);
    const finding = findingOf(shop, kind, one, { isKnown, readAt, body: body ?? onlyId(one.id) });
    // What Shopify fails to return is requested again, as for a webhook that holds only an id.
    const judged = body === null ? { isWorthAnEvent: true, noted: [] } : await judge(deps, shop, known, finding);
    if (judged.isWorthAnEvent) findings.push(finding);
    noted.push(...judged.noted);
  }
  return { readAt, findings, noted };
}

/**
 * Finds changes in Shopify that no webhook reported and stores them as events. The range starts at
 * the last saved point, which moves along, so that after a crash the work continues from there.
 * @returns what was found, and whether the whole range is compared
 * @throws AdminError
 */
export async function findChanges(
  deps: ChangesDeps,
  { shop, stopAt, signal, stops }: Comparing,
  kind: Kind,
  { since, until }: { since: Instant; until: Instant },
): Promise<{ found: number; complete: boolean }> {
  const { db, admin, now } = deps;
  const asking = { admin, shop, signal };
  const key = `${shop.id}:${kind}`;
  const stop = stops.get(key);
  stops.delete(key);
  const known = await knownOf(deps, shop);
  const atOnce = kind === 'orders' ? READ_AT_ONCE : customersAtOnce(known.keys);
  let found = 0;
  let point = since;
  const seen = new Set<string>();
  // Another point: another process has gone on, or it went back.
  const { asked, ...from } = stop?.point === since ? stop : { asked: since, after: null };
  let after: string | null = from.after;
  /** The first page with what is too new for now. */
  let unfinished: { after: string | null } | null = null;
  // The search starts before the point. Stop early only after the point has moved, so that every
  // call makes progress.
  const enough = () => signal.aborted || (point > since && now() >= stopAt);
  const stopped = () => {
    stops.set(key, { point, asked, ...(unfinished ?? { after }) });
    return { found, complete: false };
  };
  for (;;) {
    const page: Page = await fetchChangedPage(asking, kind, asked, { after, seen });
    const inRange = page.changed.filter(({ updatedAt }) => updatedAt >= since && updatedAt <= until);
    if (!(await translated(db, shop, signal))) return stopped();
    const unknown = await unknownOf(db, shop, kind, inRange);
    for (let at = 0; at < unknown.length; at += atOnce) {
      if (enough()) return stopped();
      const group = unknown.slice(at, at + atOnce);
      const { readAt, findings, noted } = await judgeGroup(deps, asking, { ...known, kind, since }, group);
      point = Math.max(point, group.at(-1)?.updatedAt ?? point);
      found += await inShop(db, shop, async ({ sql }) => {
        const at = now();
        await applyDataSaleOptOuts(sql, shop, noted, readAt);
        const news = await addFindings(sql, shop, findings, at);
        await noteMissed(sql, shop, { ...noneMissed, [kind]: news }, { since, until, now: at });
        await movePoint(sql, shop, kind, point);
        return news;
      });
    }
    point = Math.max(point, inRange.at(-1)?.updatedAt ?? point);
    await movePoint(db, shop, kind, point);
    if (page.next === null) break;
    if (page.changed.some(({ updatedAt }) => updatedAt > until)) unfinished ??= { after };
    after = page.next;
    if (enough()) return stopped();
  }
  await movePoint(db, shop, kind, until);
  return { found, complete: true };
}
