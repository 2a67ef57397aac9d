import type { Instant } from '../../domain/scalars.ts';
import type { Sql } from '../../platform/database/db.ts';
import { newId } from '../../platform/database/ids.ts';
import type { Shop } from './shops.ts';

/**
 * Kinds of problem that get an entry of their own, because no other row shows them.
 */
type KeptProblemKind =
  /** Reconciliation found changes that no webhook had told us. */
  | 'webhooks_missed'
  /** No webhook has come for longer than likely, and Shopify knows of changes or can't be asked. */
  | 'silent'
  /** Shopify left out fields because the app's access to protected customer data lacks them. */
  | 'fields_denied'
  /** The Admin API can't be used until somebody opens the app. */
  | 'admin_access'
  /** Shopify's answers have been unusable for a while. */
  | 'shopify_failing';

/** One open entry. `detail` holds counts, codes and times, no personal data. */
type KeptProblem = { kind: KeptProblemKind; key: string; count: number; detail: object; openedAt: Instant };

/** Opens an entry, or replaces the count and detail of the open one with the same kind and key. */
export async function openProblem(
  sql: Sql,
  shop: Shop,
  problem: { kind: KeptProblemKind; key?: string; count?: number; detail?: object },
  now: Instant,
): Promise<void> {
  const { kind, key = '', count = 1, detail = {} } = problem;
  await sql.query(
    `INSERT INTO problems (id, shop_id, kind, key, count, detail, opened_at) VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7)
     ON CONFLICT (shop_id, kind, key) WHERE closed_at IS NULL DO UPDATE SET
       count = excluded.count, detail = excluded.detail`,
    [newId(), shop.id, kind, key, count, JSON.stringify(detail), new Date(now)],
  );
}

/** Closes the open entry with this kind and key, if any; without a key, all of the kind. */
export async function closeProblem(
  sql: Sql,
  shop: Shop,
  problem: { kind: KeptProblemKind; key?: string },
  now: Instant,
): Promise<void> {
  await sql.query(
    `UPDATE problems SET closed_at = $4 WHERE shop_id = $1 AND kind = $2 AND ($3::text IS NULL OR key = $3) AND closed_at IS NULL`,
    [shop.id, problem.kind, problem.key ?? null, new Date(now)],
  );
}

/**
 * Shopify answered a document: closes its entry, and those of others that last failed, or were to be tried again,
 * before then, because nobody asks for them any more.
 */
export async function closeFailing(
  sql: Sql,
  shop: Shop,
  document: string,
  { now, before }: { now: Instant; before: Instant },
): Promise<void> {
  await sql.query(
    `UPDATE problems SET closed_at = $3 WHERE shop_id = $1 AND kind = 'shopify_failing' AND closed_at IS NULL
       AND (key = $2 OR coalesce((detail->>'at')::timestamptz, opened_at) < $4)`,
    [shop.id, document, new Date(now), new Date(before)],
  );
}

/** The open entries, newest first. */
export async function openProblems(sql: Sql, shop: Shop): Promise<KeptProblem[]> {
  const rows = await sql.query<{
    kind: KeptProblemKind;
    key: string;
    count: number;
    detail: object;
    opened_at: Date;
  }>(
    `SELECT kind, key, count, detail, opened_at FROM problems WHERE shop_id = $1 AND closed_at IS NULL
     ORDER BY opened_at DESC, id DESC`,
    [shop.id],
  );
  return rows.map(({ opened_at, ...row }) => ({ ...row, openedAt: opened_at.getTime() }));
}
