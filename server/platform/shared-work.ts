/** Work that is shared while it runs: whoever asks for the same key meanwhile gets its result. */
export function sharedWork<Key, Result>(): (key: Key, work: () => Promise<Result>) => Promise<Result> {
  const running = new Map<Key, Promise<Result>>();
  return async (key, work) => {
    const one = running.get(key) ?? work().finally(() => running.delete(key));
    running.set(key, one);
    return await one;
  };
}
