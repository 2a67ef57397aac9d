/**
 * The promise's result, unless it takes longer than this: then that of `late`. What it was about may still happen. The timer
 * goes with the answer, so that nothing keeps a process alive.
 */
export async function withinOr<T, L>(promise: Promise<T>, ms: number, late: () => L): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    return await Promise.race([promise, over.then(late)]);
  } finally {
    clearTimeout(timer);
  }
}

/** The same, and an Error when it takes longer. @param what does not come in time */
export async function within<T>(promise: Promise<T>, ms: number, what = 'An answer'): Promise<T> {
  return await withinOr(promise, ms, (): never => {
    throw new Error(`${what} did not come within ${ms} ms`);
  });
}
