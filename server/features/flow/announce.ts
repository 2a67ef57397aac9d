import { type Admin, AdminError } from '../../admin/admin.ts';
import { FlowTriggerReceive } from '../../admin/documents.generated.ts';
import type { Chore } from '../../pipeline/chores.ts';
import type { Db } from '../../platform/database/db.ts';
import type { Log } from '../../platform/log.ts';
import {
  markAnnounced,
  noteOpenings,
  type Opening,
  type OpeningKind,
  postponeOpenings,
  shopsWithNews,
} from '../../store/shops/flow-openings.ts';
import type { Shop } from '../../store/shops/shops.ts';

/** The handle of extensions/needs-attention. */
export const ATTENTION_HANDLE = 'ascent360-needs-attention';

/** How long until Flow is told again, in milliseconds: after a failure of the moment, and when somebody has to act first. */
const SOON = 60_000;
const LATER = 15 * 60_000;

/** What a workflow gets to read, and the app's page that helps. No personal data: workflows mail it on. */
const words: Record<OpeningKind, { problem: string; details: string; page: string }> = {
  connection: {
    problem: 'Ascent360 doesn’t accept the connection',
    details: 'Ascent360 doesn’t accept the GUID. Nothing is sent until it works again, and nothing is lost.',
    page: '/settings',
  },
  rejected: {
    problem: 'Ascent360 rejected a record',
    details: 'Ascent360 rejected at least one record. Fix the cause, then resend it.',
    page: '/activity?state=attention',
  },
  opt_outs: {
    problem: 'An opt-out hasn’t reached Ascent360',
    details:
      'At least one opt-out hasn’t reached Ascent360 for more than 3 days. Until it does, unsubscribe these people in Ascent360 yourself.',
    page: '/activity',
  },
  privacy_request: {
    problem: 'A privacy request needs your answer',
    details: 'A customer asked for their data or asked to be erased. Answer within 30 days.',
    page: '/privacy',
  },
};

/** The payload of the trigger: the fields of extensions/needs-attention, all of them. */
export function payloadOf({ kind }: Opening, shop: Pick<Shop, 'domain'>, apiKey: string): Record<string, string> {
  const { problem, details, page } = words[kind];
  return { Problem: problem, Details: details, 'App page': `https://${shop.domain}/admin/apps/${apiKey}${page}` };
}

export type AnnounceDeps = {
  db: Db;
  admin: Pick<Admin, 'hasAccess' | 'run'>;
  log: Log;
  apiKey: string;
  /** How often it is looked for what opened, in milliseconds. */
  everyMs: number;
};

/**
 * Tells Shopify Flow of each problem that opens, once: workflows that begin with "Ascent360 needs attention" run then. Told at
 * least once: when Shopify's answer is lost, it is told again.
 */
export function announcing({ db, admin, log, apiKey, everyMs }: AnnounceDeps): Chore {
  let lookedAt = Number.NEGATIVE_INFINITY;

  /** @returns whether Flow took it; a refusal is the app's own fault, or the extension's that is not deployed yet */
  async function tell(shop: Shop, opening: Opening, signal: AbortSignal): Promise<boolean> {
    const variables = { handle: ATTENTION_HANDLE, payload: payloadOf(opening, shop, apiKey) };
    const { data } = await admin.run(shop, FlowTriggerReceive, variables, signal);
    const faults = data.flowTriggerReceive?.userErrors ?? [];
    if (faults.length === 0) return true;
    log.warn(
      { stage: 'flow', shop: shop.id, kind: opening.kind, error: faults[0]?.message },
      'Flow refused the trigger',
    );
    return false;
  }

  return {
    name: 'flow',
    due: async (sql) => {
      if (performance.now() - lookedAt < everyMs) return [];
      lookedAt = performance.now();
      return await shopsWithNews(sql);
    },
    work: async (shop, signal) => {
      const openings = await db.transaction(async (sql) => await noteOpenings(sql, shop));
      if (openings.length === 0) return false;
      if (!(await admin.hasAccess(shop))) {
        await postponeOpenings(db, shop, LATER);
        return false;
      }
      try {
        for (const opening of openings) {
          if (!(await tell(shop, opening, signal))) {
            await postponeOpenings(db, shop, LATER);
            return false;
          }
          await markAnnounced(db, shop, opening);
          log.info({ stage: 'flow', shop: shop.id, kind: opening.kind }, 'Flow was told of a problem');
        }
        return true;
      } catch (error) {
        if (!(error instanceof AdminError)) throw error;
        await postponeOpenings(db, shop, error.failure === 'later' ? SOON : LATER);
        log.warn({ stage: 'flow', shop: shop.id, error: error.failure }, 'Flow could not be told');
        return false;
      }
    },
  };
}
