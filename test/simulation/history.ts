/** Histories as values: fast-check generates them, and shortens one that reveals a bug. */

import fc from 'fast-check';
import { DAY, HOUR, MINUTE, SECOND } from '../durations.ts';
import type { Dating } from './bodies.ts';
import { inManner, manner } from './manner.ts';
import type { Rules } from './model/account.ts';

export { DAY, HOUR, MINUTE, SECOND } from '../durations.ts';

/** What happens to a webhook: it arrives at once, some time later, twice, or never. */
export type Fate = 'comes' | 'late' | 'twice' | 'lost';
/**
 * What Ascent360 does with a request; `…Taken`: it takes it all the same; `frozen`: it answers at once,
 * but the process stands still until its lease has run out; `html`: something else answers with a page;
 * `moved`: with another address.
 */
export type Answer =
  | 'ok'
  | '400'
  | '404'
  | '409'
  | '413'
  | '429'
  | '500'
  | 'html'
  | 'moved'
  | '500Taken'
  | 'hang'
  | 'hangTaken'
  | 'cut'
  | 'refused'
  | 'slow'
  | 'frozen';

/** Shopify gives no answer; `lost`: it has done what was asked, or breaks off halfway through a file. */
export type Lapse = 'silent' | 'lost';

/** Whose answer to the app is on its way: Shopify's, or Ascent360's. */
export type Amid = 'shopify' | 'ascent360' | null;

export type Along = 'before' | 'after' | null;

/**
 * One thing that happens. `after`: how long after the one before; `work`: whether the app works
 * then, or events pile up; `shop`: in which shop, left out: in the first; `amid`: it happens while
 * the next answer is on its way to the app; `short`: the message has been shortened to an id; `along`:
 * whether a message about the customer comes along, as Shopify says most things twice.
 */
export type Step = {
  after: number;
  fate: Fate;
  work: boolean;
  shop?: number;
  amid?: Amid;
  short?: boolean;
  along?: Along;
} & (
  | {
      do: 'choose';
      who: number;
      channel: 'email' | 'sms';
      state: string;
      level: string | null;
      age: number;
      /** `nowhere`: Shopify itself doesn't say when, whenever it is asked. */
      dating: Dating | 'nowhere';
      /** Whether the message names the address. */
      named: boolean;
    }
  /** Somebody gets another address. `to`: which; `ANOTHERS`: that of somebody else; `NONE`: none; `SPELLED`: the same in other letters. */
  | { do: 'move'; who: number; channel: 'email' | 'sms'; to: number }
  /** Two people have each other's address. */
  | { do: 'swap'; who: number; other: number; channel: 'email' | 'sms' }
  | { do: 'order'; who: number; ticked: boolean; from?: Source }
  /** It is paid, or no longer; left out: that. */
  | { do: 'changeOrder'; which: number; how?: 'paid' | 'edited' | 'cancelled' }
  | { do: 'guestOrder'; address: number; ticked: boolean; age: number; from?: Source }
  /** An order becomes somebody's, or somebody else's; `emailed`: it gets their email address, too. */
  | { do: 'claimOrder'; which: number; who: number; emailed?: boolean }
  | { do: 'tag'; who: number; tag: number; present: boolean }
  | { do: 'street'; who: number; spelling: number }
  | { do: 'sale'; who: number; optOut: boolean }
  | { do: 'delete'; who: number }
  /**
   * `takes`: the kept customer gets the email address and tags of the other; `deleted`: Shopify also says that
   * that one was deleted; `fails`: it only says that nothing came of it.
   */
  | { do: 'merge'; kept: number; gone: number; takes?: boolean; deleted?: Along; fails?: boolean }
  | { do: 'redact'; who: number }
  /** Shopify asks to erase a guest, of whom it names one address alone. */
  | { do: 'redactGuest'; address: number; by: 'email' | 'phone' }
  | { do: 'dataRequest'; who: number }
  | { do: 'flow'; who: number }
  /** Somebody answers about WhatsApp, for which Ascent360 has no field. */
  | { do: 'whatsApp'; who: number; state: string }
  | { do: 'replay'; which: number }
  | { do: 'arrive'; which: number }
  /** `guid`: the same account's other one, or the first that the shop had, as a new account. */
  | { do: 'settings'; rules: Rules; newAccount: boolean; paused: boolean; guid?: 'other' | 'first' | null }
  | { do: 'shopUpdate' }
  | { do: 'scopesUpdate' }
  | { do: 'uninstall' }
  | { do: 'reinstall' }
  /** The app is uninstalled, if it isn't yet, and two days later Shopify asks to erase the shop. */
  | { do: 'eraseShop' }
  /**
   * The merchant imports; `startsIn`: after how many steps they start what was counted. `scope`: only
   * what is recent, or of customers those in a list or a segment; left out: all.
   */
  | { do: 'import'; kind: 'customers' | 'orders'; startsIn: number | null; scope?: Scope }
  | { do: 'turnImport'; to: 'pause' | 'resume' | 'cancel' }
  /** The merchant resends one of the events in the list, or all, or dismisses one that needs attention. */
  | { do: 'resend'; which: number; reassert: boolean; all?: boolean }
  | { do: 'dismiss'; which: number }
  /** They do so with everything that needs attention for one reason. */
  | { do: 'settle'; how: 'retry' | 'dismiss'; reason: string }
  | { do: 'testRecord' }
  /** The merchant sends somebody from their page. */
  | { do: 'sendPerson'; who: number }
  /** The merchant erases the GUID: nothing is sent until settings are saved. */
  | { do: 'disconnect' }
  | { do: 'answers'; answers: Answer[] }
  | { do: 'crash'; steps: number }
  /** After so many `statements` the database fails as often as `times` says; `done`: it has done them. */
  | { do: 'outage'; statements: number; times: number; done: boolean }
  /** What becomes of Shopify's next answers. */
  | { do: 'unanswered'; lapses: Lapse[] }
  /** Shopify refuses the shop's token until somebody opens the app again. */
  | { do: 'revoke' }
  | { do: 'grant' }
  /** The Admin API is behind the webhooks: for so long it doesn't have somebody who was never read. */
  | { do: 'absent'; who: number; ms: number }
  /** The operator puts a new encryption key first, and starts the app anew. */
  | { do: 'rotateKey' }
  /** The database's clock is set: so far ahead of Shopify's it is from then on, and the processes' as it is. */
  | { do: 'jump'; ms: number }
  /** The processes' clocks are set: so far ahead of the database's is each from then on. */
  | { do: 'setClocks'; ahead: readonly number[] }
  /** The merchant pauses sending. If it is paused, three months pass, and it goes on. */
  | { do: 'longPause' }
);
export type StepKind = Step['do'];

/** Where an order comes from: a shop leaves out test orders, and those of a channel. */
export type Source = 'web' | 'test' | 'pos';

export const ANOTHERS = 3;
export const NONE = 4;
export const SPELLED = 5;
/** What an import is about. */
type Scope = 'all' | 'recent' | { by: 'list' | 'segment'; people: number[] };

export type History = {
  /** Whether Shopify can be asked. */
  access: boolean;
  /** How many processes of the app work on one database; left out: one. */
  workers?: number;
  /** How far ahead of the database's each process's clock is; left out: not at all. */
  clocks?: readonly number[];
  /** How far behind Shopify's clock the database's and all processes' are; left out: not at all. */
  behind?: number;
  /** The most events that go into one batch; left out: as many as usual. */
  batch?: number;
  rules: Rules;
  /** How many requests Ascent360 refuses at first; left out: none. */
  refused?: number;
  /**
   * Whether something on the way to Ascent360 refuses what names the first shop's first customer, as it would a
   * wrong GUID; left out: no.
   */
  poisoned?: boolean;
  /** A second shop, whose people have the same addresses; left out or null: there is none. */
  second?: { access: boolean; rules: Rules } | null;
  steps: Step[];
};

const level = fc.constantFrom('single', 'any', 'confirmed' as const);
const policy = fc.constantFrom('optOuts', 'none', 'all' as const);
const rules: fc.Arbitrary<Rules> = fc.record({
  email: fc.record({ optInLevel: level, history: policy, untickedBox: fc.constantFrom('send', 'leaveOut' as const) }),
  sms: fc.record({ optInLevel: level, history: policy }),
  listIds: fc.constantFrom<string[]>([], ['a'], ['a', 'b']),
  listsFor: fc.constantFrom('subscribed', 'everyone' as const),
  orders: fc.constantFrom(true, true, false),
  customers: fc.constantFrom(true, true, false),
  everyOrder: fc.boolean(),
  xml: fc.boolean(),
  noDetails: fc.constantFrom(false, false, true),
  tags: fc.constantFrom<Rules['tags']>('usual', 'renamed', 'none'),
});
export const usualRules: Rules = {
  email: { optInLevel: 'single', history: 'optOuts', untickedBox: 'send' },
  sms: { optInLevel: 'single', history: 'optOuts' },
  listIds: [],
  listsFor: 'subscribed',
  orders: true,
  customers: true,
  everyOrder: false,
  xml: false,
  noDetails: false,
  tags: 'usual',
};

const who = fc.nat({ max: 2 });
const channel = fc.constantFrom<'email' | 'sms'>('email', 'email', 'sms');
const address = fc.nat({ max: 2 });
const which = fc.nat({ max: 7 });
const from = fc.constantFrom<Source>('web', 'web', 'web', 'test', 'pos');
const age = fc.constantFrom(0, 0, 0, SECOND, 3 * MINUTE, HOUR, 2 * DAY, 30 * DAY);
const state = fc.constantFrom(
  ...(['subscribed', 'subscribed', 'subscribed', 'unsubscribed', 'unsubscribed', 'UNSUBSCRIBED'] as const),
  ...(['not_subscribed', 'pending', 'redacted'] as const),
);
const optInLevel = fc.constantFrom('single_opt_in', 'single_opt_in', 'confirmed_opt_in', null);
const dating = fc.constantFrom<Dating | 'nowhere'>(
  ...(['dated', 'dated', 'dated', 'dated', 'dated'] as const),
  ...(['undated', 'unreadable', 'nowhere'] as const),
);
const named = fc.constantFrom(true, true, true, true, false);
const someCustomers = fc.record({
  by: fc.constantFrom<'list' | 'segment'>('list', 'segment'),
  people: fc.constantFrom<number[]>([0], [1], [0, 1], [2, 0], [0, 1, 2]),
});
const scope: fc.Arbitrary<Scope> = fc.oneof(fc.constantFrom<Scope>('all', 'recent'), someCustomers);
const answers = fc.array(
  fc.constantFrom<Answer>(
    '400',
    '400',
    '400',
    '404',
    '409',
    '413',
    '429',
    'html',
    'moved',
    '500',
    '500Taken',
    'hang',
    'hangTaken',
    'cut',
    'refused',
    'slow',
    'frozen',
    'ok',
  ),
  { minLength: 1, maxLength: 4 },
);

/** For so long that Ascent360 counts as down. */
const down = fc.constantFrom<Answer>('500', 'cut', '429').map((answer) => Array.from({ length: 14 }, () => answer));

const common = {
  after: fc.constantFrom(0, SECOND, SECOND, 10 * SECOND, 3 * MINUTE, 40 * MINUTE, 7 * HOUR, 2 * DAY, 8 * DAY),
  fate: fc.constantFrom<Fate>('comes', 'comes', 'comes', 'comes', 'comes', 'comes', 'late', 'late', 'twice', 'lost'),
  work: fc.constantFrom(true, true, true, true, false),
  shop: fc.constantFrom(0, 1),
  amid: fc.constantFrom<Amid>(null, null, null, null, 'shopify', 'ascent360', 'ascent360'),
  short: fc.constantFrom(...Array.from({ length: 11 }, () => false), true),
  along: fc.constantFrom<Along>(null, null, null, null, 'before', 'after'),
};
type Own<K extends StepKind> = Omit<
  Extract<Step, { do: K }>,
  'after' | 'fate' | 'work' | 'shop' | 'amid' | 'short' | 'along' | 'do'
>;
type Kinds = { [K in StepKind]: { weight: number; own: { [F in keyof Own<K>]: fc.Arbitrary<Own<K>[F]> } } };

const kinds: Kinds = {
  choose: { weight: 12, own: { who, channel, state, level: optInLevel, age, dating, named } },
  move: { weight: 4, own: { who, channel, to: fc.constantFrom(0, 1, 2, ANOTHERS, ANOTHERS, NONE, SPELLED) } },
  swap: { weight: 1, own: { who, other: who, channel } },
  order: { weight: 4, own: { who, ticked: fc.boolean(), from } },
  changeOrder: { weight: 3, own: { which, how: fc.constantFrom('paid', 'paid', 'edited', 'cancelled') } },
  guestOrder: { weight: 2, own: { address, ticked: fc.boolean(), age, from } },
  claimOrder: { weight: 1, own: { which, who, emailed: fc.boolean() } },
  tag: { weight: 2, own: { who, tag: fc.nat({ max: 5 }), present: fc.boolean() } },
  street: { weight: 1, own: { who, spelling: fc.nat({ max: 2 }) } },
  sale: { weight: 1, own: { who, optOut: fc.boolean() } },
  delete: { weight: 1, own: { who } },
  merge: {
    weight: 1,
    own: {
      kept: who,
      gone: who,
      takes: fc.boolean(),
      deleted: fc.constantFrom<Along>(null, 'before', 'after'),
      fails: fc.constantFrom(false, false, false, false, true),
    },
  },
  redact: { weight: 1, own: { who } },
  redactGuest: { weight: 1, own: { address, by: fc.constantFrom('email', 'email', 'phone') } },
  dataRequest: { weight: 1, own: { who } },
  flow: { weight: 1, own: { who } },
  whatsApp: { weight: 1, own: { who, state } },
  replay: { weight: 2, own: { which } },
  arrive: { weight: 2, own: { which } },
  settings: {
    weight: 2,
    own: {
      rules,
      newAccount: fc.constantFrom(false, false, true),
      paused: fc.constantFrom(false, false, true),
      guid: fc.constantFrom(null, null, 'other', 'first'),
    },
  },
  shopUpdate: { weight: 1, own: {} },
  scopesUpdate: { weight: 1, own: {} },
  uninstall: { weight: 1, own: {} },
  reinstall: { weight: 1, own: {} },
  eraseShop: { weight: 1, own: {} },
  import: {
    weight: 2,
    own: {
      kind: fc.constantFrom('customers', 'customers', 'orders'),
      startsIn: fc.constantFrom(0, 1, 1, 2, 3, null),
      scope,
    },
  },
  turnImport: { weight: 1, own: { to: fc.constantFrom('pause', 'resume', 'cancel') } },
  resend: { weight: 2, own: { which, reassert: fc.constantFrom(false, false, true), all: fc.boolean() } },
  dismiss: { weight: 1, own: { which } },
  settle: {
    weight: 1,
    own: { how: fc.constantFrom('retry', 'dismiss'), reason: fc.constantFrom('rejected', 'gave_up', 'unreadable') },
  },
  testRecord: { weight: 1, own: {} },
  sendPerson: { weight: 1, own: { who } },
  disconnect: { weight: 1, own: {} },
  answers: { weight: 3, own: { answers: fc.oneof({ weight: 5, arbitrary: answers }, { weight: 1, arbitrary: down }) } },
  crash: { weight: 2, own: { steps: fc.integer({ min: 1, max: 60 }) } },
  outage: {
    weight: 2,
    own: { statements: fc.nat({ max: 40 }), times: fc.constantFrom(1, 1, 2, 6), done: fc.boolean() },
  },
  unanswered: {
    weight: 2,
    own: { lapses: fc.array(fc.constantFrom<Lapse>('silent', 'lost'), { minLength: 1, maxLength: 4 }) },
  },
  revoke: { weight: 1, own: {} },
  grant: { weight: 1, own: {} },
  absent: { weight: 2, own: { who, ms: fc.constantFrom(5 * SECOND, 40 * SECOND, 5 * MINUTE, 40 * MINUTE) } },
  rotateKey: { weight: 1, own: {} },
  setClocks: {
    weight: 1,
    own: { ahead: fc.constantFrom([10 * MINUTE, 0], [-10 * MINUTE, 0], [0, 10 * MINUTE], [0, 0]) },
  },
  jump: { weight: 1, own: { ms: fc.constantFrom(-5 * MINUTE, 5 * MINUTE, 0) } },
  longPause: { weight: 1, own: {} },
};
export const stepKinds = Object.keys(kinds) as StepKind[];

function stepOf(kind: StepKind): fc.Arbitrary<Step> {
  // Each kind's own fields are generated by its entry in the table.
  return fc.record({ ...common, do: fc.constant(kind), ...kinds[kind].own }) as unknown as fc.Arbitrary<Step>;
}

export type Kind = {
  only?: readonly StepKind[] | undefined;
  longest?: number | undefined;
  /** Whether every choice has its date, as Shopify's nearly always have. */
  dated?: boolean | undefined;
  /** Whether each kind of step is as likely as the others, and there are only two people. */
  evenly?: boolean | undefined;
};

const asDated = (step: Step): Step => (step.do === 'choose' ? { ...step, dating: 'dated' } : step);

/** The third person is the first once more. */
const amongTwo = (step: Step): Step => ('who' in step ? { ...step, who: step.who % 2 } : step);
const idleFrom = (steps: Step[], from: number): Step[] =>
  steps.map((step, at) => (at < from ? step : { ...step, work: false }));

const refused = fc.constantFrom(0, 0, 0, 1, 2);
const poisoned = fc.constantFrom(false, false, false, false, true);
const access = fc.constantFrom(true, true, false);
const workers = fc.constantFrom(1, 1, 2);
const batch = fc.constantFrom(undefined, undefined, undefined, 1, 2);
const clocks = fc.constantFrom(undefined, undefined, undefined, [10 * MINUTE, 0], [-10 * MINUTE, 0], [0, 10 * MINUTE]);
const behind = fc.constantFrom(undefined, undefined, undefined, 3 * SECOND, 5 * MINUTE);
const someRules = fc.oneof({ weight: 2, arbitrary: fc.constant(usualRules) }, { weight: 1, arbitrary: rules });
const second = fc.oneof(
  { weight: 3, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.record({ access, rules: someRules }) },
);

/** In a history of one shop, everything happens in that one. */
const asHappens = (history: History): History =>
  history.second ? history : { ...history, steps: history.steps.map(({ shop: _, ...step }) => step) };

/** Histories of these kinds of steps. */
export function histories({
  only = stepKinds,
  longest = 9,
  dated = false,
  evenly = false,
}: Kind = {}): fc.Arbitrary<History> {
  const usual = fc.oneof(...only.map((kind) => ({ weight: evenly ? 1 : kinds[kind].weight, arbitrary: stepOf(kind) })));
  const step = evenly ? usual.map(amongTwo) : usual;
  const some = fc.array(dated ? step.map(asDated) : step, { minLength: 1, maxLength: longest, size: 'max' });
  // Now and then everything from one step on piles up, and is worked off in one go.
  const piledUp = fc.tuple(some, fc.nat({ max: longest - 1 })).map(([all, from]) => idleFrom(all, from));
  const steps = fc.oneof({ weight: evenly ? 1 : 5, arbitrary: some }, { weight: 1, arbitrary: piledUp });
  return fc
    .tuple(
      fc.record({ access, workers, clocks, behind, batch, rules: someRules, refused, poisoned, second, steps }),
      manner,
    )
    .map(([{ batch: most, clocks: off, behind: late, ...history }, how]) =>
      asHappens({
        ...history,
        ...(off !== undefined && { clocks: off }),
        ...(off === undefined && late !== undefined && { behind: late }),
        ...(most !== undefined && { batch: most }),
        steps: history.steps.map(inManner(how)),
      }),
    );
}
