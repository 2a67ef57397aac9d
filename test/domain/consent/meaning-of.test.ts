import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../server/domain/consent/decide.ts';
import { meaningOf } from '../../../server/domain/consent/meaning-of.ts';
import type { ConsentFact } from '../../../server/domain/consent.ts';
import type { OptInLevel } from '../../../server/domain/settings.ts';
import { CONSENT_ROWS, OPT_IN_LEVELS } from './consent-rows.ts';

const NOW = Date.UTC(2026, 5, 1);

const cases = CONSENT_ROWS.flatMap((row) =>
  row.about.flatMap((channel) =>
    row.states.flatMap((state) =>
      row.levels.flatMap((level) =>
        OPT_IN_LEVELS.map((asked) => ({ channel, state, level, asked, flag: row.flag[asked], source: row.source })),
      ),
    ),
  ),
);

function fact(
  channel: ConsentFact['channel'],
  source: ConsentFact['source'],
  state: string | null,
  level: string | null,
) {
  return { id: 'f', channel, source, state, level, chosenAt: NOW - 1, eventId: null, addressChangedAt: null };
}

describe('the flag for what Shopify says', () => {
  it.each(cases)('$channel: "$state" at level $level, with $asked required → $flag', (row) => {
    const spellings = (word: string | null) => (word === null ? [null] : [word, word.toUpperCase(), ` ${word} `]);
    for (const state of spellings(row.state)) {
      for (const level of spellings(row.level)) {
        const { channel } = row;
        if (channel === 'whatsapp') throw new Error('WhatsApp has no flag');
        const decision = decide({
          channel,
          facts: [fact(channel, row.source, state, level)],
          told: { accepted: null, acceptedAt: null, pendingFlags: [] },
          rules: { optInLevel: row.asked, history: 'none', untickedBox: 'send' },
          historyBefore: NOW - 1000,
          now: NOW,
        });
        expect(decision.send).toBe(row.flag);
        expect(decision.reason).toBe(row.flag === null ? 'no_choice' : 'due');
      }
    }
  });

  it('an unticked box is evidence, not a choice, at every level', () => {
    for (const level of OPT_IN_LEVELS)
      expect(meaningOf(fact('email', 'order_box', 'Unticked', null), level)).toBe('evidence');
  });

  it('a ticked box is no choice if a confirmed opt-in is required, and neither is another word there', () => {
    expect(meaningOf(fact('email', 'order_box', 'ticked', null), 'confirmed')).toBe('none');
    expect(meaningOf(fact('email', 'order_box', 'subscribed', 'confirmed_opt_in'), 'any')).toBe('none');
  });

  it('a box on an order says nothing about SMS, phone or postal', () => {
    for (const channel of ['sms', 'phone', 'postal'] as const) {
      expect(meaningOf(fact(channel, 'order_box', 'ticked', null), 'any')).toBe('none');
      expect(meaningOf(fact(channel, 'order_box', 'unticked', null), 'any')).toBe('none');
    }
  });

  it('only `unsubscribed` and the opt-out tag ever count as an opt-out, whatever the words', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom('UNSUBSCRIBED', 'unsubscribed_', 'tag_opt_out', 'opt_out', 'false'),
      fc.constant(null),
    );
    const source = fc.constantFrom('consent_topic', 'order_box', 'tag', 'admin_read', 'reconciliation', 'import');
    const channel = fc.constantFrom('email', 'sms', 'phone', 'postal', 'whatsapp');
    const level = fc.constantFrom<OptInLevel>('any', 'single', 'confirmed');
    fc.assert(
      fc.property(channel, source, word, word, level, (onChannel, from, state, itsLevel, asked) => {
        const meaning = meaningOf(fact(onChannel, from, state, itsLevel), asked);
        const tagged = onChannel === 'phone' || onChannel === 'postal';
        const said = state?.trim().toLowerCase();
        expect(meaning === 'opt_out').toBe(
          tagged ? said === 'tag_opt_out' : from !== 'order_box' && said === 'unsubscribed',
        );
      }),
      { numRuns: 2000 },
    );
  });
});
