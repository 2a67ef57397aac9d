/** How many are kept across all shops, at about 2 kB each. */
const MOST = 2000;
/** Longer ones are fetched again: a few of them would fill the memory. In characters. */
const LONGEST = 64 * 1024;

/**
 * The subjects of deliveries this process has just opened, as JSON, until they are claimed, so that
 * they needn't be fetched and opened again. A subject never changes; if it was erased meanwhile,
 * its row says so. Opening one takes 40 µs besides reading its bytes, out of the 800 µs that an
 * event costs the thread that limits the worker.
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
