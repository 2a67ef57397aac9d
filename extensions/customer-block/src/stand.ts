import type { Person, TimelineEntry } from './read-person.ts';

/**
 * A person's state at Ascent360: the word for it, the last event it accepted, and what is still
 * open, newest first.
 */
export type Stand = {
  word: 'attention' | 'waiting' | 'accepted' | 'nothing';
  lastAccepted: { at: string; topic?: string | undefined } | null;
  open: TimelineEntry[];
};

const WAITING = ['waiting', 'sending', 'retrying'];

export const isWaiting = ({ state = '' }: TimelineEntry) => WAITING.includes(state);

/** What was resent was accepted before, whatever became of it since. */
const acceptedOf = ({ topic, state, at, acceptedAt = null }: TimelineEntry) =>
  state === 'accepted' || acceptedAt !== null ? [{ at: acceptedAt ?? at, topic }] : [];

export function standOf(person: Person): Stand {
  const deliveries = person.timeline.filter(({ kind }) => kind === 'delivery');
  const [lastAccepted = null] = deliveries.flatMap(acceptedOf).toSorted((a, b) => (a.at < b.at ? 1 : -1));
  const open = deliveries.filter((entry) => entry.state === 'attention' || isWaiting(entry));
  const word = open.some(({ state }) => state === 'attention')
    ? 'attention'
    : open.length > 0
      ? 'waiting'
      : lastAccepted
        ? 'accepted'
        : 'nothing';
  return { word, lastAccepted, open };
}

const EXPLAINED = [
  ...['not_connected', 'paused', 'connection_problem', 'behind_earlier', 'reading_shopify'],
  ...['rejected', 'gave_up', 'invalid_payload'],
];

/** Why something is open, as a key of the texts. What is retried has no reason, but may be held up as well. */
export function whyOpen({ state = 'waiting', reason, text }: TimelineEntry): string {
  const why = reason ?? text?.next?.code.split('.').at(-1);
  return why && EXPLAINED.includes(why) ? why : state;
}

/** Shopify's states of a choice, reduced to the three that matter to Ascent360. */
export function choiceOf(state: string | null): 'opted_in' | 'opted_out' | 'none' {
  if (state === 'subscribed' || state === 'ticked') return 'opted_in';
  return state === 'unsubscribed' ? 'opted_out' : 'none';
}

const ABOUT: [RegExp, string][] = [
  [/^orders\//, 'order'],
  [/consent/, 'consent'],
  [/^customer\.tags/, 'tags'],
  [/^customers\//, 'customer'],
  [/^flow\//, 'flow'],
  [/^person\//, 'person'],
  [/^import/, 'import'],
];

/** What an event is about, as a key of the texts. */
export const aboutOf = (topic = '') => ABOUT.find(([pattern]) => pattern.test(topic))?.[1] ?? 'other';
