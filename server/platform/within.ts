/**
 * The promise's result; if it takes longer than `ms`, the result of `late`. The work itself may
 * still finish. The timer is cleared with the answer, so nothing keeps the process alive.
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

/**
 * The same, with an Error when it takes longer.
 * @param what is late, for the message
 */
export async function within<T>(promise: Promise<T>, ms: number, what = 'An answer'): Promise<T> {
  return await withinOr(promise, ms, (): never => {
    throw new Error(`${what} did not come within ${ms} ms`);
  });
}
