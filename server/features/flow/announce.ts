import { type Admin, AdminError } from '../../admin/admin.ts';
import { FlowTriggerReceive } from '../../admin/documents.generated.ts';
import { MINUTE } from '../../domain/days.ts';
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

/**
 * How long to wait before telling Flow again, in milliseconds: after a temporary failure, and when
 * someone has to act first.
 */
const SOON = 60_000;
const LATER = 15 * MINUTE;

/**
 * What a workflow can read, and the page of the app that helps. No personal data: workflows email
 * it on.
 */
const words: Record<OpeningKind, { problem: string; details: string; page: string }> = {
  connection: {
    problem: 'Ascent360 doesn’t accept the connection',
    details:
      'Nothing is sent until it works again, and nothing is lost. Ask your Ascent360 contact what’s wrong. If it’s the GUID, save the right one; otherwise send a test record once it’s fixed.',
    page: '/settings',
  },
  rejected: {
    problem: 'Ascent360 rejected a record',
    details: 'Ascent360 rejected at least one record. Fix the cause, then resend it.',
    page: '/activity?state=attention',
  },
  opt_outs: {
    problem: 'Ascent360 hasn’t accepted an opt-out',
    details:
      'At least one opt-out hasn’t been accepted by Ascent360 for more than 3 days. Until then, unsubscribe these people in Ascent360 yourself.',
    page: '/activity?optOuts=late',
  },
  privacy_request: {
    problem: 'A privacy request needs your answer',
    details: 'A customer asked for their data or asked to be erased. Answer within 30 days.',
    page: '/privacy',
  },
};

/** The trigger's payload: every field of extensions/needs-attention. */
export function payloadOf({ kind }: Opening, shop: Pick<Shop, 'domain'>, apiKey: string): Record<string, string> {
  const { problem, details, page } = words[kind];
  return { Problem: problem, Details: details, 'App page': `https://${shop.domain}/admin/apps/${apiKey}${page}` };
}

type AnnounceDeps = {
  db: Db;
  admin: Pick<Admin, 'hasAccess' | 'run'>;
  log: Log;
  apiKey: string;
  /** How often to check for new problems, in milliseconds. */
  everyMs: number;
};

/**
 * Tells Shopify Flow about each new problem once, which starts workflows that begin with "Ascent360
 * needs attention". At least once: if Shopify's answer is lost, we tell it again.
 */
export function flowChore({ db, admin, log, apiKey, everyMs }: AnnounceDeps): Chore {
  let lookedAt = Number.NEGATIVE_INFINITY;

  /**
   * @returns whether Flow accepted it; a refusal means a bug in the app, or that the extension is
   *   not deployed yet
   */
  async function tell(shop: Shop, opening: Opening, signal: AbortSignal): Promise<boolean> {
    const variables = { handle: ATTENTION_HANDLE, payload: payloadOf(opening, shop, apiKey) };
    const { data } = await admin.run(shop, FlowTriggerReceive, variables, signal);
    const faults = data.flowTriggerReceive?.userErrors ?? [];
    if (faults.length === 0) return true;
    // Not Shopify's sentence: it may quote anything.
    const about = faults.map(({ field }) => field?.join('.') ?? null);
    log.warn({ stage: 'flow', shop: shop.id, kind: opening.kind, about }, 'Flow refused the trigger');
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
          log.info({ stage: 'flow', shop: shop.id, kind: opening.kind }, 'Flow was told about a problem');
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
