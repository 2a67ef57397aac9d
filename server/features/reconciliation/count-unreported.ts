import type { Asking } from '../../admin/admin.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { Kind } from '../../store/shops/reconciliations.ts';
import { type Changed, fetchChangedPage, fetchWhole, type Page } from './fetch-changes.ts';
import { type ChangesDeps, findingOf, judge, knownOf, READ_AT_ONCE, unknownOf } from './judge-changes.ts';

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
export async function countUnreported(
  deps: ChangesDeps,
  { shop, signal }: Pick<Asking, 'shop' | 'signal'>,
  kind: Kind,
  { since, until }: { since: Instant; until: Instant },
): Promise<number | null> {
  const asking = { admin: deps.admin, shop, signal };
  const seen = new Set<string>();
  const unreported: Changed[] = [];
  let after: string | null = null;
  let isAll = false;
  for (let pages = 0; pages < COUNTED_PAGES && !isAll; pages++) {
    // What changed before is listed too, and may fill more pages than are read.
    const page: Page = await fetchChangedPage(asking, kind, since, { after, seen, newestFirst: true });
    const inRange = page.changed.filter(({ updatedAt }) => updatedAt > since && updatedAt <= until);
    unreported.push(...(await unknownOf(deps.db, shop, kind, inRange)));
    isAll = page.next === null || page.changed.some(({ updatedAt }) => updatedAt <= since);
    after = page.next;
  }
  unreported.reverse();
  const known = await knownOf(deps, shop);
  for (let at = 0; at < Math.min(unreported.length, READ_MOST); at += READ_AT_ONCE) {
    const group = unreported.slice(at, at + READ_AT_ONCE);
    const readAt = deps.now();
    const bodies = await fetchWhole(asking, { kind, keys: known.keys, isStuck: true }, group);
    for (const [index, one] of group.entries()) {
      const body = bodies.get(one.id);
      if (!body) continue;
      const finding = findingOf(shop, kind, one, { isKnown: true, readAt, body });
      const { isWorthAnEvent } = await judge(deps, shop, known, finding);
      if (isWorthAnEvent) return unreported.length - at - index;
    }
  }
  return isAll && unreported.length <= READ_MOST ? 0 : null;
}
