import type { AttemptEntry } from '../../domain/audit/entries.ts';
import { flagChannels } from '../../domain/consent.ts';
import type { Instant } from '../../domain/scalars.ts';
import type { AttemptClass } from '../../domain/states.ts';
import { type Sql, unnest } from '../../platform/database/db.ts';
import { ifReadable } from '../../platform/keys.ts';
import type { Shop } from '../shops/shops.ts';

export const excerptBinding = (id: string) => `attempts.excerpt:${id}`;

/** The start of Ascent360's answer; null: it was erased, or is damaged. */
export const openExcerpt = ({ vault }: Shop, id: string, excerpt: Uint8Array | null): string | null =>
  excerpt && ifReadable(() => vault.open(excerptBinding(id), excerpt).toString('utf8'));

type AttemptStart = { id: string; deliveryId: string; at: Instant; flags: object };

export async function beginAttempts(sql: Sql, shop: Shop, attempts: readonly AttemptStart[]): Promise<void> {
  if (attempts.length === 0) return;
  const { columns, from, params } = unnest(
    { id: 'uuid', shop_id: 'int', delivery_id: 'uuid', at: 'timestamptz', flags: 'jsonb' },
    attempts.map((attempt) => ({
      id: attempt.id,
      shop_id: shop.id,
      delivery_id: attempt.deliveryId,
      at: new Date(attempt.at),
      flags: JSON.stringify(attempt.flags),
    })),
  );
  await sql.query(`INSERT INTO attempts (${columns}) SELECT * FROM ${from}`, params);
}

/** Deletes attempts that were never made. */
export async function dropAttempts(sql: Sql, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await sql.query('DELETE FROM attempts WHERE id = ANY($1::uuid[])', [ids]);
}

type AttemptEnd = {
  id: string;
  class: AttemptClass;
  status: number | null;
  ms: number;
  error: string | null;
  excerpt: string;
};

export async function endAttempts(sql: Sql, shop: Shop, attempts: readonly AttemptEnd[]): Promise<void> {
  if (attempts.length === 0) return;
  const { columns, from, params } = unnest(
    { id: 'uuid', class: 'text', status: 'int', ms: 'int', error: 'text', excerpt: 'bytea' },
    attempts.map((attempt) => ({
      id: attempt.id,
      class: attempt.class,
      status: attempt.status,
      ms: Math.round(attempt.ms),
      error: attempt.error,
      excerpt: attempt.excerpt ? shop.vault.seal(excerptBinding(attempt.id), attempt.excerpt) : null,
    })),
  );
  await sql.query(
    `UPDATE attempts a SET class = u.class, status = u.status, ms = u.ms, error = u.error, excerpt = u.excerpt
     FROM ${from} AS u(${columns}) WHERE a.id = u.id`,
    params,
  );
}

/** What the audit log says of an attempt whose answer nobody will record, if it carried a flag. */
export function interruptedEntry(row: { id: string | null; event_id: string; flags: object }): AttemptEntry[] {
  const flags: AttemptEntry['flags'] = {};
  const carried = new Map<string, unknown>(Object.entries(row.flags ?? {}));
  for (const channel of flagChannels) {
    const value = carried.get(channel);
    if (typeof value === 'boolean') flags[channel] = value;
  }
  if (row.id === null || Object.keys(flags).length === 0) return [];
  return [{ kind: 'attempt', attempt: row.id, event: row.event_id, flags, outcome: 'unknown' }];
}
