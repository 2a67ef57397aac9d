import { type Admin, AdminError, type Asking } from '../../admin/admin.ts';
import type { FoundFact } from '../../domain/consent.ts';
import { metafieldKeys } from '../../domain/needs-read.ts';
import type { Instant, ShopifyId } from '../../domain/scalars.ts';
import type { SkippedReason } from '../../domain/states.ts';
import type { CustomerRead } from '../../domain/translated.ts';
import { dryRun } from '../../pipeline/dry-run.ts';
import { translateUnstored } from '../../pipeline/process/translate-stored.ts';
import type { Db } from '../../platform/database/db.ts';
import { ledgerKey, loadFacts } from '../../store/consent/facts.ts';
import { loadEntityStates } from '../../store/deliveries/entity-states.ts';
import type { Finding } from '../../store/events/found-events.ts';
import { addressHash, entityKey } from '../../store/people/identifiers.ts';
import type { Kind } from '../../store/shops/reconciliations.ts';
import { loadSettings, nothingStored, type StoredSettings } from '../../store/shops/settings.ts';
import { loadShopFacts, type Shop } from '../../store/shops/shops.ts';
import { type Changed, fetchWhole } from './fetch-changes.ts';

export type ChangesDeps = { db: Db; admin: Admin; now: () => Instant };

/** How many changes to read in full at once. */
export const READ_AT_ONCE = 5;

const entityOf = (shop: Shop, kind: Kind, id: ShopifyId) =>
  entityKey(shop.vault, kind === 'orders' ? 'order' : 'customer', id);

/** Changes that no webhook reported, as far as we have processed webhooks. */
export async function unknownOf(db: Db, shop: Shop, kind: Kind, changed: readonly Changed[]): Promise<Changed[]> {
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

export async function knownOf({ db }: ChangesDeps, shop: Shop): Promise<Known> {
  const stored = (await loadSettings(db, shop)) ?? nothingStored;
  const { country } = await loadShopFacts(db, shop);
  return { stored, country, keys: metafieldKeys(stored.settings.mapping) };
}

/**
 * Whether a finding should become an event: it has something new, and its person is not erased or
 * deleted. `noted`: if it has nothing new to send, whatever else Shopify said about its person.
 */
export async function judge(
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

export function findingOf(shop: Shop, kind: Kind, one: Changed, { isKnown, readAt, body }: Found): Finding {
  const entity = entityOf(shop, kind, one.id);
  const isNew = kind === 'orders' && !isKnown && one.createdAt !== null;
  const topic = kind === 'orders' ? (isNew ? 'orders/create' : 'orders/updated') : 'customers/update';
  return { webhookId: `reconciliation:${entity}:${one.updatedAt}`, topic, readAt, body };
}

const onlyId = (id: ShopifyId) => `{"id":${id}}`;

/**
 * Reads a group of unknown changes in full.
 * @returns those worth an event, and what Shopify said about the people of the others
 */
export async function judgeGroup(
  deps: ChangesDeps,
  asking: Asking,
  { kind, since, isStuck, ...known }: Known & { kind: Kind; since: Instant; isStuck: boolean },
  group: readonly Changed[],
): Promise<{ readAt: Instant; findings: Finding[]; noted: CustomerRead[] }> {
  const { shop } = asking;
  const readAt = deps.now();
  const bodies = await fetchWhole(asking, { kind, keys: known.keys, isStuck }, group);
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
