/** So many are kept, of all shops together, of about 2 kB each. */
const MOST = 2000;
/** A longer one is fetched again: a few of them would fill the memory. In characters. */
const LONGEST = 64 * 1024;

/**
 * What the deliveries are about that this process has just opened, as JSON, until they are claimed: it need not be fetched and opened
 * again then. A subject never changes; whether it was erased meanwhile, its row says. Opening one takes 40 µs besides reading its bytes,
 * of the 800 that an event takes of the thread that limits the worker.
 */
export type FreshSubjects = {
  keep(id: string, subject: string): void;
  take(id: string): string | undefined;
};

export function createFreshSubjects(): FreshSubjects {
  const subjects = new Map<string, string>();
  return {
    keep: (id, subject) => {
      if (subject.length > LONGEST) return;
      subjects.set(id, subject);
      const [oldest] = subjects.keys();
      if (subjects.size > MOST && oldest !== undefined) subjects.delete(oldest);
    },
    take: (id) => {
      const subject = subjects.get(id);
      subjects.delete(id);
      return subject;
    },
  };
}
