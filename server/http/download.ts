import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

/**
 * Answers with a file, written as it is produced and no faster than the client reads. An error
 * before the first piece is thrown; a later one closes the connection, so that half a file doesn't
 * pass for a whole one.
 * @param type in Express form, e.g. `json`
 */
export async function download(
  res: Response,
  { name, type }: { name: string; type: string },
  pieces: AsyncGenerator<string>,
): Promise<void> {
  const first = await pieces.next();
  async function* all(): AsyncGenerator<string> {
    if (first.done) return;
    yield first.value;
    yield* pieces;
  }
  res.type(type).set('Content-Disposition', `attachment; filename="${name}"`).set('Cache-Control', 'no-store');
  // The person downloading sees a cut-off file; a client that disconnects is not our error.
  await pipeline(all, res).catch(() => res.destroy());
}
