/** Phone and postal permissions: mapped tags, about the person (SPEC 6.2). */
import { WEEK } from '../../durations.ts';
import { type Account, keyOf, type Rules, UNDATED } from './account.ts';

export type TagChannel = 'phone' | 'postal';
/**
 * Shopify said that a customer has a tag, or no longer has it. `dated`: when that happened; a read
 * only says how it is now.
 */
export type TagWord = {
  customer: number;
  tag: string;
  present: boolean;
  at: number;
  dated: boolean;
  may: number;
  must: number;
};

type Mapping = Record<TagChannel, { optIn: string; optOut: string } | null>;
export const MAPPED: Record<Rules['tags'], Mapping> = {
  usual: { phone: { optIn: 'call-ok', optOut: 'call-stop' }, postal: { optIn: 'mail-ok', optOut: 'mail-stop' } },
  renamed: { phone: { optIn: 'call-ok', optOut: 'no-calls' }, postal: { optIn: 'mail-ok', optOut: 'no-mail' } },
  none: { phone: null, postal: null },
};
export const TAGS = [
  ...new Set(
    Object.values(MAPPED).flatMap(({ phone, postal }) =>
      [phone, postal].flatMap((mapped) => (mapped ? [mapped.optIn, mapped.optOut] : [])),
    ),
  ),
];

type Asked = { account: Account; customer: number; place: number };

const wordsOn = ({ account, customer }: Asked, tag: string) =>
  account.tagWords.filter((word) => word.customer === customer && word.tag === tag);
const lastOf = (words: readonly TagWord[]) => Math.max(UNDATED, ...words.map(({ at }) => at));

/** Whether the customer may have the tag, as far as the app may know at a place. */
function mayHave(asked: Asked, tag: string): TagWord[] {
  const words = wordsOn(asked, tag);
  const gone = lastOf(words.filter(({ present, must }) => !present && must <= asked.place));
  return words.filter(({ present, may, at }) => present && may <= asked.place && at >= gone);
}

function surelyHas(asked: Asked, tag: string): boolean {
  const words = wordsOn(asked, tag);
  const there = words.filter(({ present, must }) => present && must <= asked.place);
  const gone = lastOf(words.filter(({ present }) => !present));
  return there.length > 0 && there.some(({ at }) => at > gone);
}

export function whyNoTagFlag(asked: Asked, channel: TagChannel, value: boolean, now: number): string | null {
  const mapped = MAPPED[asked.account.rules.tags][channel];
  if (!mapped) return 'a flag for which no tag is mapped';
  const { optIn, optOut } = mapped;
  if (!value) return mayHave(asked, optOut).length > 0 ? null : 'an opt-out without its tag';
  const there = mayHave(asked, optIn);
  if (there.length === 0) return 'an opt-in without its tag';
  if (surelyHas(asked, optOut)) return 'an opt-in beside the tag that opts out';
  return there.some(({ dated, at }) => dated && now - at <= WEEK) ? null : 'an opt-in by a tag that is history';
}

/**
 * Opt-outs by tag that are due for people the app knows, and that Ascent360 doesn't have.
 * @param isDemanded whether Ascent360 must have somebody's by now
 */
export function missingTagOptOuts(account: Account, isDemanded = (_key: string) => true): string[] {
  const customers = new Set(account.tagWords.map(({ customer }) => customer));
  return [...customers].flatMap((customer) => {
    if (account.merged.has(customer) || account.deleted.has(customer) || !account.met.has(customer)) return [];
    return (['phone', 'postal'] as const).flatMap((channel) => {
      const key = keyOf(channel, `C${customer}`);
      const held = account.held.get(key);
      const mapped = MAPPED[account.rules.tags][channel];
      const due = mapped !== null && surelyHas({ account, customer, place: account.place }, mapped.optOut);
      const holds = held?.value === false && held.unsure.every((other) => !other);
      return due && isDemanded(key) && !holds ? [`the opt-out by tag of ${key}`] : [];
    });
  });
}
