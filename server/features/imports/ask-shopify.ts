import { stepBulkRead } from '../../admin/bulk-job.ts';
import { cancelBulkRead, FILE_KEPT_MS } from '../../admin/bulk-read.ts';
import { metafieldKeys } from '../../domain/needs-read.ts';
import type { Text } from '../../domain/wording/text.ts';
import { changeState, postpone } from '../../store/imports/imports.ts';
import { noteFile, noteReading, readAgain } from '../../store/imports/reading.ts';
import { settingsOrDefaults } from '../../store/shops/settings.ts';
import { searchOf } from './contract.ts';
import type { CountDeps } from './forecast.ts';
import type { Work } from './work.ts';

const LATER_MS = 15_000;
const READING: Text = { code: 'import.reading' };

export type AskDeps = CountDeps & {
  /** How soon to check again on what Shopify is still reading, in milliseconds. */
  lookAgainMs: number;
};

/**
 * Has Shopify read the import's records into a file, one step at a time.
 * @returns whether the file is complete
 * @throws AdminError
 */
export async function fetchFromShopify(deps: AskDeps, { shop, job, signal }: Work): Promise<boolean> {
  const { db, admin, now } = deps;
  const fail = async (text: Text) => await changeState(db, shop, job.id, { from: ['counting'], to: 'failed', text });
  const { settings } = await settingsOrDefaults(db, shop);
  const keys = job.kind === 'customers' ? metafieldKeys(settings.mapping) : [];
  const asked = {
    kind: job.kind,
    query: searchOf(job),
    metafieldKeys: job.operationId === null ? keys : job.metafields,
  };
  const step = await stepBulkRead({ admin, shop, signal }, asked, job, now());
  switch (step.state) {
    case 'busy':
      await postpone(db, job, LATER_MS, { code: 'import.other_reading' });
      return false;
    case 'begun': {
      const begun = { operationId: step.operationId, metafields: keys, denied: step.denied };
      const kept = await noteReading(db, job.id, begun, deps.lookAgainMs);
      if (!kept) await cancelBulkRead({ admin, shop, signal }, step.operationId);
      return false;
    }
    case 'running':
      await postpone(db, job, deps.lookAgainMs, READING);
      return false;
    case 'again':
      await readAgain(db, job.id, step.denied);
      return false;
    case 'forbidden':
      await fail({ code: `import.denied_${job.kind}` });
      return false;
    case 'failed':
      await fail({ code: 'import.failed_because', params: { reason: step.why } });
      return false;
    case 'done': {
      const { url, size, askedAt, completedAt } = step;
      // What came while Shopify was reading is dated by our clock, and Shopify's may be ahead of it.
      const readAt = Math.min(askedAt, job.createdAt);
      Object.assign(job, { url, fileSize: size, readAt });
      await noteFile(db, shop, job.id, { url, size, readAt, expiresAt: completedAt + FILE_KEPT_MS });
      return true;
    }
  }
}
