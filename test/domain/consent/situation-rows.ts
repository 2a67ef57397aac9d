import { decide } from '../../../server/domain/consent/decide.ts';
import type { ConsentFact } from '../../../server/domain/consent.ts';
import { MINUTE } from '../../durations.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const INSTALLED = NOW - 100 * 24 * 3_600_000;

type Said = Partial<ConsentFact> & { state: string };

/**
 * What happened besides a plain choice, and the flag sent for it: the test runs these rows,
 * docs/consent.md prints them.
 */
type SituationRow = {
  what: string;
  flag: boolean | null;
  /** `chosenAt`, `heardAt` and `addressChangedAt` are minutes ago. */
  facts: readonly Said[];
  canBeAsked?: boolean;
  optInsFrom?: number;
  /** What Shopify last said about this customer themselves, at another address. */
  ownWords?: readonly Said[];
};

const THEIRS = 'this customer';
const fact = ({ state, ...more }: Said, i: number): ConsentFact => {
  const at = (minutes: number | null | undefined) => (minutes == null ? null : NOW - minutes * MINUTE);
  return {
    id: String(i),
    channel: 'email',
    level: 'single_opt_in',
    source: 'consent_topic',
    eventId: null,
    personId: THEIRS,
    ...more,
    state,
    chosenAt: at(more.chosenAt),
    heardAt: at(more.heardAt),
    addressChangedAt: at(more.addressChangedAt),
  };
};

const undatedOptIn = { state: 'subscribed', chosenAt: null, heardAt: 5 };

export const SITUATION_ROWS: readonly SituationRow[] = [
  { what: 'Opt-in without a date; Shopify can’t be asked; no opt-out known', flag: true, facts: [undatedOptIn] },
  {
    what: 'The same after an opt-out, however often it is repeated',
    flag: false,
    facts: [{ state: 'unsubscribed', chosenAt: 60 }, undatedOptIn, { ...undatedOptIn, heardAt: 1 }],
  },
  {
    what: 'Opt-in without a date; Shopify can be asked, but hasn’t answered',
    flag: null,
    facts: [undatedOptIn],
    canBeAsked: true,
  },
  {
    what: 'The same, confirmed by Shopify, even after an opt-out',
    flag: true,
    facts: [
      { state: 'unsubscribed', chosenAt: 60 },
      undatedOptIn,
      { state: 'subscribed', chosenAt: 5, source: 'admin_read' },
    ],
    canBeAsked: true,
  },
  { what: 'Opt-in with an unreadable date', flag: null, facts: [{ state: 'subscribed', chosenAt: null }] },
  {
    what: 'Opt-out with an unreadable date, after a dated opt-in',
    flag: true,
    facts: [
      { state: 'subscribed', chosenAt: 60 },
      { state: 'unsubscribed', chosenAt: null },
    ],
  },
  {
    what: 'Another customer’s opt-in; Shopify says `never_subscribed`, dated or not, about the person who has the address now',
    flag: null,
    facts: [
      { state: 'subscribed', chosenAt: 60, personId: 'another customer' },
      { state: 'never_subscribed', chosenAt: null, source: 'admin_read' },
    ],
  },
  {
    what: 'Another customer’s opt-in; nothing is known about the person who has the address now',
    flag: true,
    facts: [{ state: 'subscribed', chosenAt: 60, personId: 'another customer' }],
  },
  {
    what: 'Opt-in of a customer who was merged into this one; Shopify says `not_subscribed`, dated or not, about this one',
    flag: null,
    facts: [{ state: 'subscribed', chosenAt: 60, personId: 'another customer' }],
    ownWords: [{ state: 'not_subscribed', chosenAt: null, source: 'admin_read' }],
  },
  {
    what: 'Opt-out of a customer who was merged into this one, whatever Shopify says about this one',
    flag: false,
    facts: [{ state: 'unsubscribed', chosenAt: 60, personId: 'another customer' }],
    ownWords: [{ state: 'subscribed', chosenAt: 5, source: 'admin_read' }],
  },
  {
    what: 'Opt-in made at another address, read after the person changed to this one, or back to it',
    flag: null,
    facts: [{ state: 'subscribed', chosenAt: 60, source: 'admin_read', addressChangedAt: 30 }],
  },
  {
    what: 'Opt-in in a message that names the address, from before we saw the person with it',
    flag: true,
    facts: [{ state: 'subscribed', chosenAt: 60 }],
  },
  {
    what: 'Opt-in from before the app was reinstalled; Shopify hasn’t been asked since',
    flag: null,
    facts: [{ state: 'subscribed', chosenAt: 60 }],
    optInsFrom: Infinity,
  },
  {
    what: 'Opt-out from before the app was reinstalled',
    flag: false,
    facts: [{ state: 'unsubscribed', chosenAt: 60 }],
    optInsFrom: Infinity,
  },
];

/** The flag that follows from the rules, with the default settings. */
export function flagOf({
  facts,
  canBeAsked = false,
  optInsFrom = -Infinity,
  ownWords = [],
}: SituationRow): boolean | null {
  return decide({
    channel: 'email',
    facts: facts.map(fact),
    told: { accepted: null, acceptedAt: null, pendingFlags: [] },
    rules: { optInLevel: 'single', history: 'optOuts', untickedBox: 'send' },
    historyBefore: INSTALLED,
    now: NOW,
    to: { personId: THEIRS, canBeAsked, isBeingAsked: false, optInsFrom, ownWords: ownWords.map(fact) },
  }).send;
}

export function situationTable(): string {
  const word = (flag: boolean | null) => (flag === null ? '–' : `\`${flag}\``);
  return [
    '| What happened | flag |',
    '|---|---|',
    ...SITUATION_ROWS.map(({ what, flag }) => `| ${what} | ${word(flag)} |`),
  ].join('\n');
}
