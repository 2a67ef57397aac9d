import { describe, expect, it } from 'vitest';
import { isNews } from '../../../server/features/reconciliation/choices.ts';

const said = (state: string, chosenAt: number | null, source: 'consent_topic' | 'order_box' = 'consent_topic') => ({
  state,
  chosenAt,
  source,
});
const INSTALLED = 1000;

describe('whether Shopify’s state of an address is new to the ledger', () => {
  it.each([
    ['a newer choice', said('unsubscribed', 2000), [said('subscribed', 1500)], true],
    ['another choice at the same moment', said('unsubscribed', 1500), [said('subscribed', 1500)], true],
    ['the same choice', said('subscribed', 1500), [said('subscribed', 1500)], false],
    ['an older choice than a webhook’s', said('subscribed', 1500), [said('unsubscribed', 2000)], false],
    ['an older choice among several', said('subscribed', 1500), [said('x', 1000), said('unsubscribed', 2000)], false],
    ['an older opt-out that the ledger lacks', said('unsubscribed', 1500), [said('subscribed', 2000)], true],
    [
      'an older opt-out that the ledger has',
      said('unsubscribed', 1500),
      [said('subscribed', 2000), said('unsubscribed', 1500)],
      false,
    ],
    ['an older state without a choice', said('pending', 1500), [said('subscribed', 2000)], false],
    ['a dated choice over an undated one', said('unsubscribed', 900), [said('subscribed', null)], true],
    ['an undated choice', said('subscribed', null), [], false],
    ['an undated choice about a known address', said('unsubscribed', null), [said('subscribed', 1500)], false],
    ['about an unknown address, chosen since the installation', said('unsubscribed', 1000), [], true],
    ['about an unknown address, from before the installation', said('unsubscribed', 999), [], false],
    [
      'about an unknown address of a known customer, from before the installation',
      said('unsubscribed', 999),
      [],
      true,
      true,
    ],
    ['an undated opt-out of a known customer', said('unsubscribed', null), [], true, true],
    ['an undated opt-out after an undated opt-in', said('unsubscribed', null), [said('subscribed', null)], true, true],
    ['an undated opt-out that the ledger has', said('unsubscribed', null), [said('unsubscribed', null)], false, true],
    ['an undated opt-out after a dated choice', said('unsubscribed', null), [said('subscribed', 900)], false, true],
    [
      'an undated opt-out after a dated state without a choice',
      said('unsubscribed', null),
      [said('pending', 900)],
      true,
      true,
    ],
    ['an undated opt-in of a known customer', said('subscribed', null), [], false, true],
    ['about an address known only by a box', said('unsubscribed', 1200), [said('ticked', 1500, 'order_box')], true],
  ])('%s: as the table says', (_, fact, known, news, ofKnown = false) => {
    expect(isNews(fact, known, { installed: INSTALLED, ofKnown })).toBe(news);
  });
});
