import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { codeOf } from '../platform/error-code.ts';

/**
 * Answers with a file, written as it is produced and no faster than the client reads. An error
 * is thrown; one after the first piece also closes the connection, so that half a file doesn't pass
 * for a whole one.
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
  await pipeline(all, res).catch((error: unknown) => {
    // A client that disconnects is not our error.
    if (codeOf(error) !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  });
}
