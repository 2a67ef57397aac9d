import type { Instant } from '../domain/scalars.ts';
import type { Asking } from './admin.ts';
import { type BulkAsked, fieldsToLeaveOut, moreToLeaveOut } from './bulk-query.ts';
import { type BulkFile, lookAtBulkRead, startBulkRead } from './bulk-read.ts';

/**
 * A bulk read as its owner stores it. `operationId` null: not started; `denied`: the fields it
 * leaves out.
 */
type BulkJob = { operationId: string | null; denied: readonly string[] };

/**
 * The result of one step, for the owner to store.
 * `busy`: too many are running, start later.
 * `begun`, `running`: check again after a while.
 * `again`: it named something that the app may not see, so start over without it.
 * `forbidden`: the app may not see these records at all.
 * `failed`, `done`: it is over.
 */
type BulkStep =
  | { state: 'busy' | 'running' | 'forbidden' }
  | { state: 'begun'; operationId: string; denied: string[] }
  | { state: 'again'; denied: string[] }
  | { state: 'failed'; why: string }
  | ({ state: 'done' } & BulkFile);

/**
 * Has Shopify read many records at once, one step at a time: start, check, start over with fewer
 * fields.
 * @throws AdminError; `refused` with `denied` when the app may not read in bulk
 */
export async function stepBulkRead(asking: Asking, asked: BulkAsked, job: BulkJob, now: Instant): Promise<BulkStep> {
  if (job.operationId === null) {
    const denied = await fieldsToLeaveOut(asking, asked, job.denied);
    if (denied === null) return { state: 'forbidden' };
    const operationId = await startBulkRead(asking, asked, denied);
    return operationId === null ? { state: 'busy' } : { state: 'begun', operationId, denied };
  }
  const read = await lookAtBulkRead(asking, job.operationId, now);
  if (read.state !== 'denied') return read;
  const denied = await moreToLeaveOut(asking, asked, job.denied);
  return denied === null ? { state: 'forbidden' } : { state: 'again', denied };
}
