/**
 * May we tell Ascent360 about this address on this channel, and what? Every rule about permission
 * is here or in meaningOf. Ascent360 keeps an explicit permission until the person changes it, so a
 * wrong flag is hard to undo: when in doubt, the flag is left out. The first row that fits decides.
 *
 * | # | when                                                         | flag | reason              |
 * |---|--------------------------------------------------------------|------|---------------------|
 * | 1 | nobody chose anything                                        | –    | no_choice           |
 * | 2 | newest choice is an opt-in, a newer state has no choice, and | –    | held_by_newer_state |
 * |   | Ascent360 doesn't certainly have our `true`                  |      |                     |
 * | 3 | the same, but it is another person's opt-in, and Shopify     | –    | held_by_holder      |
 * |   | says that this person hasn't chosen, here or anywhere        |      |                     |
 * | 4 | the same, but the app was installed again since, and Shopify | –    | not_asked_again     |
 * |   | hasn't been asked                                            |      |                     |
 * | 5 | the same, but it is another person's opt-in, or one by tag,  | –    | being_asked         |
 * |   | and Shopify is being asked about this person                 |      |                     |
 * | 6 | Ascent360 accepted the same, and nothing with an unknown     | –    | already_told        |
 * |   | outcome was sent since                                       |      |                     |
 * | 7 | the opt-out is only a box unticked at checkout, and the      | –    | unticked_box        |
 * |   | setting says to leave that out                               |      |                     |
 * | 8 | the choice is history, and the setting holds history         | –    | history_held        |
 * | 9 | otherwise                                                    | sent | due                 |
 *
 * Newest choice: by the date chosen; undated is older than every date; on a tie the opt-out wins.
 * The order in which facts arrived, repeats of a fact, and facts about another channel change
 * nothing.
 *
 * Corner cases, and what we decided:
 * - An opt-in chosen before its person had this address, or undated then, is no choice for the
 *   address. An opt-out is.
 * - A date that isn't valid (NaN, outside JavaScript's range) counts as undated.
 * - An opt-in dated more than 15 minutes ahead of our clock also counts as undated, so that a wrong
 *   clock can't put it above a real opt-out. An opt-out, or a state without a choice, keeps such a
 *   date: it can only hold back a `true`.
 * - An undated opt-in from an event counts from when the event was triggered, as long as no opt-out
 *   is known for the address and Shopify can't be asked, and hasn't been since; otherwise it is
 *   undated. A read that confirms it is a fact of its own, with that date. Until then it is held,
 *   whatever the setting says about history. The same goes for one below the level asked for, which
 *   is a state without a choice.
 * - Rows 2 to 5 take "told" strictly: while a `false` with an unknown outcome is out, Ascent360 may
 *   no longer have our `true`.
 * - Row 2 needs a later date, not an equal one: a double opt-in's *pending* and *subscribed* may
 *   have the same second.
 * - Row 3: the opt-in of a customer who was deleted is another's for one created since, whatever
 *   their id.
 * - Row 3: *not_subscribed* or *never_subscribed* counts here however old it is, but a newer opt-in
 *   of the person's own shows that they have chosen. "Anywhere" is for an opt-in of a customer who
 *   was merged into this one: it is about an address that Shopify no longer knows.
 * - Row 4: Shopify can't be asked about a guest. What they chose since the app came back counts.
 * - Row 5: beside a tag that opts in there may be one that opts out, of which we don't know yet.
 * - Row 6 is before rows 7 and 8: a choice that was told and has become old since is told, not
 *   held.
 * - Row 7: an opt-out from before the unticked box, with no opt-in in between, still holds and is
 *   sent instead. An opt-in older than the unticked box is still superseded, and never sent. One
 *   customer's unticked box doesn't explain another's opt-out.
 * - A bound that isn't a number (`now`, `historyBefore`, `addressChangedAt`) never lets an opt-in
 *   through.
 */
import type { ChoiceMeaning, ConsentFact, FlagChannel, FlagDecision, FlagReason, Told } from '../consent.ts';
import { DAY, MINUTE } from '../days.ts';
import type { Instant } from '../scalars.ts';
import type { HistoryPolicy, OptInLevel } from '../settings.ts';
import { meaningOf } from './meaning-of.ts';

/**
 * How far apart an `unsubscribed` and the order with the unticked box may be, either way, in ms.
 */
export const UNTICKED_WITHIN = 2 * MINUTE;
/** An opt-in chosen longer ago than this is history, in ms. */
const OPT_IN_STAYS_NEW = 7 * DAY;
/** How far ahead of our clock an opt-in may be dated, in ms. */
const CLOCK_TOLERANCE = 15 * MINUTE;
const LAST_DATE = 8.64e15;

/** The settings that affect one channel, from rulesFor. */
export type ConsentRules = { optInLevel: OptInLevel; history: HistoryPolicy; untickedBox: 'send' | 'leaveOut' };

export type DecideInput = {
  channel: FlagChannel;
  /** Everything known about one address, in any order; facts about other channels are ignored. */
  facts: readonly ConsentFact[];
  told: Told;
  rules: ConsentRules;
  /**
   * Choices before this are history: the later of installedAt and the moment a new Ascent360
   * account was named.
   */
  historyBefore: Instant;
  now: Instant;
  /** The person the flag would go out with; absent: nothing more is known about them. */
  to?: Recipient;
};

/**
 * The person a flag is sent with, as far as it matters for whether an opt-in is theirs and still
 * holds.
 */
export type Recipient = {
  personId: string | null;
  /** Shopify can be asked about them, so an opt-in without a date waits for that. */
  canBeAsked: boolean;
  /** When Shopify last said something about their choices: what it didn't confirm then, it never did. */
  askedAt?: Instant | null;
  /** Shopify has been asked and hasn't answered yet. */
  isBeingAsked: boolean;
  /** An opt-in from before this may have been undone while the app wasn't installed. */
  optInsFrom: Instant;
  /** The same for channels on which Shopify has said less of them than on others. */
  optInsFromOn?: Partial<Record<FlagChannel, Instant>>;
  /** When a customer of this id was deleted: what they had chosen was another's choice. */
  newSince?: Instant;
  /** What Shopify last said about them themselves, whichever address it was about. */
  ownWords?: readonly ConsentFact[];
};

const NOBODY: Recipient = { personId: null, canBeAsked: false, isBeingAsked: false, optInsFrom: -Infinity };

/**
 * When facts about one address count from; null: undated. An undated opt-in from an event counts
 * from when that was triggered, as long as nobody can be asked and nothing is known that it could
 * undo.
 */
export function countingFrom(
  facts: readonly ConsentFact[],
  { canBeAsked, askedAt }: Pick<Recipient, 'canBeAsked' | 'askedAt'>,
): (fact: ConsentFact) => Instant | null {
  // An opt-out is one at any level.
  const mayDate = !canBeAsked && facts.every((fact) => meaningOf(fact, 'any') !== 'opt_out');
  return ({ chosenAt, heardAt = null }) =>
    chosenAt ?? (mayDate && heardAt !== null && !(askedAt != null && heardAt <= askedAt) ? heardAt : null);
}

/** Whose choices the facts about an address are. */
export type Whose = Pick<Recipient, 'personId' | 'canBeAsked' | 'askedAt' | 'ownWords'>;

/**
 * Of the facts about one address, others' opt-ins that say nothing about this person, since Shopify
 * says that they haven't opted in (row 3).
 */
export function othersOptIns(facts: readonly ConsentFact[], to: Whose) {
  const [first] = facts;
  if (!first) return [];
  const countsFrom = countingFrom(facts, to);
  const said = facts.map((fact) => ({ fact, meaning: meaningOf(fact, 'any'), at: countsFrom(fact) ?? -Infinity }));
  if (unchosenBy(said, { channel: first.channel, optInLevel: 'any', to }) === null) return [];
  return facts.filter((fact) => fact.personId !== to.personId && meaningOf(fact, 'any') === 'opt_in');
}

type Said = { fact: ConsentFact; meaning: ChoiceMeaning; at: Instant };

/**
 * Decides one flag. `fact` is the choice that decides (rows 2 and 3: the state that holds it back),
 * null only with `no_choice`. Never throws.
 */
export function decide({ channel, facts, told, rules, historyBefore, now, to = NOBODY }: DecideInput): FlagDecision {
  const meant = facts
    .filter((fact) => fact.channel === channel)
    .map((fact) => ({ fact, meaning: meaningOf(fact, rules.optInLevel) }));
  const countsFrom = countingFrom(
    meant.map(({ fact }) => fact),
    to,
  );
  const said = meant.map(({ fact, meaning }): Said => ({ fact, meaning, at: dateOf(countsFrom(fact), meaning, now) }));
  const isUnconfirmed = ({ fact }: Said) => countsFrom(fact) === null && fact.heardAt != null;
  const optIns = said.filter((s) => s.meaning === 'opt_in' && isAboutThisAddress(s));
  const optIn = newest(optIns.filter((s) => !isUnconfirmed(s))) ?? newest(optIns);
  const standing = said.filter((s) => s.meaning === 'opt_out' && (optIn === null || s.at >= optIn.at));

  let choice = newest(standing) ?? optIn;
  if (choice === null) return { send: null, reason: 'no_choice', fact: null };
  const flag = choice === optIn;

  const surelyHeld = (value: boolean) => told.accepted === value && told.pendingFlags.every((sent) => sent === value);
  const held = flag && !surelyHeld(true) ? heldBack(choice, said, { channel, optInLevel: rules.optInLevel, to }) : null;
  if (held) return held;
  if (surelyHeld(flag)) return { send: null, reason: 'already_told', fact: choice.fact };

  if (!flag && rules.untickedBox === 'leaveOut') {
    const boxes = said.filter((s) => s.meaning === 'evidence');
    const explains = (box: Said, one: Said) => Math.abs(one.at - box.at) <= UNTICKED_WITHIN && maySame(box, one);
    const deliberate = newest(standing.filter((one) => !boxes.some((box) => explains(box, one))));
    if (deliberate === null) return { send: null, reason: 'unticked_box', fact: choice.fact };
    choice = deliberate;
  }

  const holds = rules.history === 'none' || (flag && (rules.history === 'optOuts' || isUnconfirmed(choice)));
  if (holds && isHistory(choice.at, flag ? 'opt_in' : 'opt_out', historyBefore, now)) {
    return { send: null, reason: 'history_held', fact: choice.fact };
  }
  return { send: flag, reason: 'due', fact: choice.fact };
}

/** Rows 2 to 5: what holds back an opt-in that Ascent360 doesn't certainly have; null: nothing. */
function heldBack(
  optIn: Said,
  said: readonly Said[],
  rules: { channel: FlagChannel; optInLevel: OptInLevel; to: Recipient },
): FlagDecision | null {
  const { channel, to } = rules;
  const by = (reason: FlagReason, { fact }: { fact: ConsentFact }) => ({ send: null, reason, fact });
  const newestState = newest(said.filter(({ meaning }) => meaning === 'none'));
  if (newestState !== null && newestState.at > optIn.at) return by('held_by_newer_state', newestState);
  const isAnothers = optIn.fact.personId !== to.personId;
  if (!isAnothers && to.newSince !== undefined && !(optIn.at > to.newSince)) return by('held_by_holder', optIn);
  const holder = isAnothers ? unchosenBy(said, rules) : null;
  if (holder) return by('held_by_holder', holder);
  if (!(optIn.at >= (to.optInsFromOn?.[channel] ?? to.optInsFrom))) return by('not_asked_again', optIn);
  // A tag's fact names nobody.
  return isAnothers && to.isBeingAsked && to.personId !== null ? by('being_asked', optIn) : null;
}

/**
 * Whether a choice is history: undated, chosen before `historyBefore`, or an opt-in chosen more
 * than 7 days ago.
 */
function isHistory(at: Instant, meaning: 'opt_in' | 'opt_out', historyBefore: Instant, now: Instant): boolean {
  if (at === -Infinity || !(at >= historyBefore)) return true;
  return meaning === 'opt_in' && !(now - at <= OPT_IN_STAYS_NEW);
}

const NOT_CHOSEN: ReadonlySet<string | null> = new Set(['not_subscribed', 'never_subscribed']);

const own = (said: readonly Said[], { personId }: Pick<Recipient, 'personId'>) =>
  personId === null ? [] : said.filter(({ fact }) => fact.personId === personId);

/**
 * Of what Shopify said about one person, the fact that says they haven't opted in; null: they have,
 * or nothing is known.
 */
function unchosen(said: readonly Said[]): Said | null {
  // Their own dated opt-out is compared by date, and so is another person's opt-in.
  const isNo = ({ fact, meaning, at }: Said) =>
    meaning === 'none' ? NOT_CHOSEN.has(fact.state) : meaning === 'opt_out' && at === -Infinity;
  const state = newest(said.filter(isNo));
  const choice = newest(said.filter(({ meaning }) => meaning === 'opt_in'));
  return state !== null && !(choice !== null && choice.at > state.at) ? state : null;
}

/** The same for the person of a flag, here or as Shopify last said at any address. An opt-out belongs to its own. */
function unchosenBy(
  said: readonly Said[],
  { channel, optInLevel, to }: { channel: ConsentFact['channel']; optInLevel: OptInLevel; to: Whose },
): Said | null {
  const here = unchosen(own(said, to));
  if (here) return here;
  const words = (to.ownWords ?? [])
    .filter((fact) => fact.channel === channel)
    .map((fact) => ({ fact, meaning: meaningOf(fact, optInLevel) }))
    .filter(({ meaning }) => meaning !== 'opt_out');
  return unchosen(words.map(({ fact, meaning }) => ({ fact, meaning, at: fact.chosenAt ?? -Infinity })));
}

/** The date that counts; -Infinity if undated. */
function dateOf(at: Instant | null, meaning: ChoiceMeaning, now: Instant): Instant {
  if (at === null || !(Math.abs(at) <= LAST_DATE)) return -Infinity;
  return meaning === 'opt_in' && !(at <= now + CLOCK_TOLERANCE) ? -Infinity : at;
}

/** Whether two facts may be about one person. A guest is nobody we know. */
const maySame = (one: Said, other: Said) =>
  one.fact.personId == null || other.fact.personId == null || one.fact.personId === other.fact.personId;

function isAboutThisAddress({ fact, at }: Said): boolean {
  return fact.addressChangedAt === null || at >= fact.addressChangedAt;
}

/**
 * The one with the latest date; of several, the one with the smallest id, so that order never
 * matters.
 */
function newest(said: readonly Said[]): Said | null {
  let best: Said | null = null;
  for (const one of said) {
    if (best === null || one.at > best.at || (one.at === best.at && one.fact.id < best.fact.id)) best = one;
  }
  return best;
}
