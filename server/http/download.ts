import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

/**
 * Answers with a file, written as it is made and no faster than it is taken. What fails before the first piece is thrown; what
 * fails later breaks the connection off, so that half a file does not pass for a whole one.
 * @param type as Express takes it, e.g. `json`
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
  // The person downloading sees a cut-off file; a client that goes away is not our error.
  await pipeline(all, res).catch(() => res.destroy());
}
