import type { Instant } from '../domain/scalars.ts';
import { AdminError, type Asking } from './admin.ts';
import { lookAtBulkRead } from './bulk-read.ts';

/** What is known of a bulk operation's file. */
type Known = { url: string; operationId: string | null };

/**
 * The bytes of a bulk operation's file from there on. If its address is refused, Shopify is asked for it once
 * more: an accident on the way to it is no reason to read everybody again.
 * @throws AdminError as `download` does
 */
export async function* downloadBulkFile(
  { admin, shop, signal }: Asking,
  { url, operationId }: Known,
  from: number,
  now: Instant,
): AsyncGenerator<Uint8Array> {
  let at = from;
  try {
    for await (const bytes of admin.download(url, from, signal)) {
      at += bytes.length;
      yield bytes;
    }
  } catch (error) {
    if (!(error instanceof AdminError) || error.failure !== 'refused' || operationId === null) throw error;
    const read = await lookAtBulkRead({ admin, shop, signal }, operationId, now);
    if (read.state !== 'done' || read.url === null) throw error;
    yield* admin.download(read.url, at, signal);
  }
}
