import { DAY } from '../domain/days.ts';
import type { Instant } from '../domain/scalars.ts';
import { AdminError, type Asking } from './admin.ts';
import { type BulkAsked, bulkQuery } from './bulk-query.ts';
import { BulkOperation, CancelBulkOperation, RunBulkQuery } from './documents.generated.ts';

/**
 * The result of a bulk operation. `url` null: there is nothing to read. `size` in bytes, if Shopify
 * gives it. A record in the file is as it was at some moment from `askedAt` to `completedAt`.
 */
export type BulkFile = { url: string | null; size: number | null; askedAt: Instant; completedAt: Instant };

/** The progress of a bulk operation. `denied`: it asked for something that the app may not see. */
type BulkRead =
  | { state: 'running' }
  | { state: 'denied' }
  | { state: 'failed'; why: string }
  | ({ state: 'done' } & BulkFile);

/**
 * How long Shopify keeps a bulk operation's file
 * (https://shopify.dev/docs/api/usage/bulk-operations/queries).
 */
export const FILE_KEPT_MS = 7 * DAY;

/**
 * Asks Shopify to read many records at once, into a file.
 * @param leftOut fields that the app may not see
 * @returns its gid; null: too many are running, so try again later
 * @throws AdminError; `refused` with `denied` when the app may not read in bulk
 */
export async function startBulkRead(
  { admin, shop, signal }: Asking,
  asked: BulkAsked,
  leftOut: readonly string[],
): Promise<string | null> {
  const { text, grouped } = bulkQuery(asked, leftOut);
  const { data, denied } = await admin.run(shop, RunBulkQuery, { query: text, groupObjects: grouped }, signal);
  const answer = data.bulkOperationRunQuery;
  const [error] = answer?.userErrors ?? [];
  if (error?.code === 'LIMIT_REACHED' || error?.code === 'OPERATION_IN_PROGRESS') return null;
  const id = answer?.bulkOperation?.id;
  if (!id)
    throw new AdminError('refused', error?.message ?? 'Shopify did not begin to read', { denied, why: 'not_begun' });
  return id;
}

/** @throws AdminError */
export async function lookAtBulkRead({ admin, shop, signal }: Asking, id: string, now: Instant): Promise<BulkRead> {
  const { data } = await admin.run(shop, BulkOperation, { id }, signal);
  const operation = data.bulkOperation;
  switch (operation?.status) {
    case 'CREATED':
    case 'RUNNING':
    case 'CANCELING':
      return { state: 'running' };
    case 'COMPLETED':
      // Its records were in a file that Shopify no longer has.
      if (operation.url === null && Number(operation.objectCount) > 0) return { state: 'failed', why: 'EXPIRED' };
      return {
        state: 'done',
        url: operation.url,
        size: operation.fileSize === null ? null : Number(operation.fileSize),
        askedAt: Date.parse(operation.createdAt),
        completedAt: operation.completedAt === null ? now : Date.parse(operation.completedAt),
      };
    default:
      if (operation?.errorCode === 'ACCESS_DENIED') return { state: 'denied' };
      return { state: 'failed', why: operation?.errorCode ?? operation?.status ?? 'GONE' };
  }
}

/** Cancels a bulk operation that is no longer needed. It doesn't matter if it has already ended. */
export async function cancelBulkRead({ admin, shop, signal }: Asking, id: string): Promise<void> {
  await admin.run(shop, CancelBulkOperation, { id }, signal);
}
