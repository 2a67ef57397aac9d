/** How much memory a growing body takes at a time. */
export const PIECE_BYTES = 64 * 1024;

/** Memory in pieces that are reused: discarded memory would stay until it is collected. */
export function createPieces() {
  const spare: Buffer[] = [];
  return {
    take: () => spare.pop() ?? Buffer.allocUnsafeSlow(PIECE_BYTES),
    giveBack: (pieces: readonly Buffer[]) => void spare.push(...pieces),
  };
}

/** A growing body, in pieces: thousands of small chunks would take many times their content. */
export function growing(memory: ReturnType<typeof createPieces>) {
  let only: Buffer | null = null;
  let pieces: Buffer[] = [];
  let size = 0;

  function append(chunk: Buffer): void {
    for (let from = 0; from < chunk.length; ) {
      const at = size % PIECE_BYTES;
      if (at === 0) pieces.push(memory.take());
      const copied = chunk.copy(pieces.at(-1) ?? chunk, at, from);
      from += copied;
      size += copied;
    }
  }

  return {
    size: () => size,
    /** The memory it takes with this many more bytes. */
    takesWith: (more: number) => (size === 0 ? more : Math.ceil((size + more) / PIECE_BYTES) * PIECE_BYTES),
    add(chunk: Buffer): void {
      if (size === 0) {
        only = chunk;
        size = chunk.length;
        return;
      }
      if (only) {
        const first = only;
        only = null;
        size = 0;
        append(first);
      }
      append(chunk);
    },
    /** The whole body, outside the reused memory. */
    whole: () => only ?? Buffer.concat(pieces, size),
    letGo(): void {
      memory.giveBack(pieces);
      pieces = [];
      only = null;
    },
  };
}
