import { stepBulkRead } from '../../admin/bulk-job.ts';
import type { BulkAsked } from '../../admin/bulk-query.ts';
import { cancelBulkRead, FILE_KEPT_MS } from '../../admin/bulk-read.ts';
import { metafieldKeys } from '../../domain/needs-read.ts';
import { changeState, postpone } from '../../store/imports/imports.ts';
import { noteFile, noteReading, readAgain } from '../../store/imports/reading.ts';
import { searchOf } from './contract.ts';
import { type CountDeps, settingsOf } from './count.ts';
import type { Work } from './work.ts';

const LATER_MS = 15_000;

export type AskDeps = CountDeps & {
  /** How soon to look again at what Shopify is still reading, in milliseconds. */
  lookAgainMs: number;
};

const DENIED: Record<BulkAsked['kind'], string> = {
  customers:
    'Shopify does not let the app see customers. Whoever runs the app has to ask Shopify for access to protected customer data.',
  orders:
    'Shopify does not let the app see orders. Whoever runs the app has to ask Shopify for access to protected customer data.',
};
const failedBecause = (why: string) =>
  `Shopify could not read everything (${why}). Begin again; if it stays, choose fewer customers or a later day.`;

/**
 * Has Shopify read what an import asks for, into a file, a step at a time.
 * @returns whether the file is complete
 * @throws AdminError
 */
export async function fetchFromShopify(deps: AskDeps, { shop, job, signal }: Work): Promise<boolean> {
  const { db, admin, now } = deps;
  const fail = async (message: string) =>
    await changeState(db, shop, job.id, { from: ['counting'], to: 'failed', message });
  const { settings } = await settingsOf(deps, shop);
  const keys = job.kind === 'customers' ? metafieldKeys(settings.mapping) : [];
  const asked = {
    kind: job.kind,
    query: searchOf(job),
    metafieldKeys: job.operationId === null ? keys : job.metafields,
  };
  const step = await stepBulkRead({ admin, shop, signal }, asked, job, now());
  switch (step.state) {
    case 'busy':
      await postpone(db, job, LATER_MS, 'Waits until Shopify has done other reading for this app.');
      return false;
    case 'begun': {
      const begun = { operationId: step.operationId, metafields: keys, denied: step.denied };
      const kept = await noteReading(db, job.id, begun, deps.lookAgainMs);
      if (!kept) await cancelBulkRead({ admin, shop, signal }, step.operationId);
      return false;
    }
    case 'running':
      await postpone(db, job, deps.lookAgainMs);
      return false;
    case 'again':
      await readAgain(db, job.id, step.denied);
      return false;
    case 'forbidden':
      await fail(DENIED[job.kind]);
      return false;
    case 'failed':
      await fail(failedBecause(step.why));
      return false;
    case 'done': {
      const { url, size, completedAt } = step;
      Object.assign(job, { url, fileSize: size, readAt: completedAt });
      await noteFile(db, shop, job.id, { url, size, completedAt, expiresAt: completedAt + FILE_KEPT_MS });
      return true;
    }
  }
}
