import type { ConsentFact } from '../../../server/domain/consent.ts';
import type { OptInLevel } from '../../../server/domain/settings.ts';

/**
 * What a fact's words mean under each opt-in level: the rule test runs these rows, docs/consent.md
 * prints them.
 */
type ConsentRow = {
  says: string;
  about: readonly ConsentFact['channel'][];
  source: ConsentFact['source'];
  states: readonly (string | null)[];
  /** null: no level. */
  levels: readonly (string | null)[];
  flag: Record<OptInLevel, boolean | null>;
};

export const OPT_IN_LEVELS: readonly OptInLevel[] = ['any', 'single', 'confirmed'];
const ANY_LEVEL = ['single_opt_in', 'confirmed_opt_in', 'unknown', null, 'some_new_level'];
const ALWAYS = (flag: boolean | null) => ({ any: flag, single: flag, confirmed: flag });

export const CONSENT_ROWS: readonly ConsentRow[] = [
  {
    says: '`subscribed`, level `confirmed_opt_in`',
    about: ['email', 'sms'],
    source: 'consent_topic',
    states: ['subscribed'],
    levels: ['confirmed_opt_in'],
    flag: ALWAYS(true),
  },
  {
    says: '`subscribed`, level `single_opt_in`',
    about: ['email', 'sms'],
    source: 'consent_topic',
    states: ['subscribed'],
    levels: ['single_opt_in'],
    flag: { any: true, single: true, confirmed: null },
  },
  {
    says: '`subscribed`, level unknown or missing',
    about: ['email', 'sms'],
    source: 'consent_topic',
    states: ['subscribed'],
    levels: ['unknown', null, 'some_new_level', ''],
    flag: { any: true, single: null, confirmed: null },
  },
  {
    says: '`unsubscribed`',
    about: ['email', 'sms'],
    source: 'consent_topic',
    states: ['unsubscribed'],
    levels: ANY_LEVEL,
    flag: ALWAYS(false),
  },
  {
    says: '`not_subscribed`, `never_subscribed`',
    about: ['email', 'sms'],
    source: 'consent_topic',
    states: ['not_subscribed', 'never_subscribed'],
    levels: ANY_LEVEL,
    flag: ALWAYS(null),
  },
  {
    says: '`pending` (double opt-in not confirmed yet)',
    about: ['email', 'sms'],
    source: 'consent_topic',
    states: ['pending'],
    levels: ANY_LEVEL,
    flag: ALWAYS(null),
  },
  {
    says: '`invalid`, `redacted`, nothing, or a word we don’t know',
    about: ['email', 'sms'],
    source: 'consent_topic',
    states: ['invalid', 'redacted', null, '', 'some_new_state', 'true', 'false', 'ticked', 'unticked', 'tag_opt_in'],
    levels: ANY_LEVEL,
    flag: ALWAYS(null),
  },
  {
    says: 'Marketing box ticked, on an order without a customer',
    about: ['email'],
    source: 'order_box',
    states: ['ticked'],
    levels: [null],
    flag: { any: true, single: true, confirmed: null },
  },
  {
    says: 'Marketing box not ticked',
    about: ['email'],
    source: 'order_box',
    states: ['unticked'],
    levels: [null],
    flag: ALWAYS(null),
  },
  {
    says: 'Mapped opt-in tag (phone, postal)',
    about: ['phone', 'postal'],
    source: 'tag',
    states: ['tag_opt_in'],
    levels: [null],
    flag: ALWAYS(true),
  },
  {
    says: 'Mapped opt-out tag, or both tags (phone, postal)',
    about: ['phone', 'postal'],
    source: 'tag',
    states: ['tag_opt_out'],
    levels: [null],
    flag: ALWAYS(false),
  },
  {
    says: 'Neither mapped tag any more (phone, postal)',
    about: ['phone', 'postal'],
    source: 'tag',
    states: ['tag_none', 'subscribed', 'unsubscribed', null],
    levels: [null],
    flag: ALWAYS(null),
  },
];

export function consentTable(): string {
  const cell = (flag: boolean | null) => (flag === null ? '–' : `\`${flag}\``);
  return [
    '| Shopify says | `any` | `single` | `confirmed` |',
    '|---|---|---|---|',
    ...CONSENT_ROWS.map(({ says, flag }) => {
      return `| ${says} | ${OPT_IN_LEVELS.map((level) => cell(flag[level])).join(' | ')} |`;
    }),
  ].join('\n');
}
