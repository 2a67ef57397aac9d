import type { HistoryPolicy, OptInLevel } from '../../../server/domain/settings.ts';

export const HISTORY_POLICIES: readonly HistoryPolicy[] = ['none', 'optOuts', 'all'];
export const LEVELS: readonly OptInLevel[] = ['any', 'single', 'confirmed'];

/** The flag sent, per opt-in level in the order of LEVELS. null: none. */
type Flags = readonly [any: boolean | null, single: boolean | null, confirmed: boolean | null];

/**
 * What Shopify says about an address, and the flag sent for it: the test runs these rows,
 * docs/consent.md prints them.
 */
export type ChoiceRow = {
  says: string;
  state: string | null;
  level: string | null;
  /** Chosen since the app was installed: the setting *history* doesn't matter. */
  since: Flags;
  /** Chosen before that, or undated. */
  before: Record<HistoryPolicy, Flags>;
};

const ALWAYS_NONE: Flags = [null, null, null];
const optIn = (says: string, level: string | null, since: Flags): ChoiceRow => ({
  says,
  state: 'subscribed',
  level,
  since,
  before: { none: ALWAYS_NONE, optOuts: ALWAYS_NONE, all: since },
});
const noChoice = (says: string, state: string | null): ChoiceRow => ({
  says,
  state,
  level: null,
  since: ALWAYS_NONE,
  before: { none: ALWAYS_NONE, optOuts: ALWAYS_NONE, all: ALWAYS_NONE },
});

export const CHOICE_ROWS: readonly ChoiceRow[] = [
  optIn('`subscribed`, `confirmed_opt_in`', 'confirmed_opt_in', [true, true, true]),
  optIn('`subscribed`, `single_opt_in`', 'single_opt_in', [true, true, null]),
  optIn('`subscribed`, level `unknown`', 'unknown', [true, null, null]),
  {
    says: '`unsubscribed`',
    state: 'unsubscribed',
    level: null,
    since: [false, false, false],
    before: { none: ALWAYS_NONE, optOuts: [false, false, false], all: [false, false, false] },
  },
  noChoice('`not_subscribed`', 'not_subscribed'),
  noChoice('`never_subscribed`', 'never_subscribed'),
  noChoice('`pending`', 'pending'),
  noChoice('`invalid`', 'invalid'),
  noChoice('`redacted`', 'redacted'),
  noChoice('nothing', null),
];

export function choiceTable(): string {
  const word = (flag: boolean | null) => (flag === null ? '–' : `\`${flag}\``);
  const cell = (flags: Flags) => (new Set(flags).size === 1 ? word(flags[0]) : flags.map(word).join(' / '));
  return [
    '| Shopify says | since the install | before it, or undated: `none` | … `optOuts` | … `all` |',
    '|---|---|---|---|---|',
    ...CHOICE_ROWS.map(
      ({ says, since, before }) =>
        `| ${says} | ${cell(since)} | ${HISTORY_POLICIES.map((policy) => cell(before[policy])).join(' | ')} |`,
    ),
  ].join('\n');
}
