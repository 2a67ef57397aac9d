import { describe, expect, it } from 'vitest';
import { SECOND } from '../durations.ts';
import { createTraffic, type Sent } from './soak-traffic.ts';
import { judgeSoak, type Taken } from './soak-verdict.ts';

const SHOP = 'shop-1.myshopify.com';
const EMAIL = 'person7@example.com';
const WHOSE = `${SHOP} ${EMAIL}`;
const START = Date.UTC(2026, 10, 27);

describe('the webhooks of a soak', () => {
  const shops = [SHOP, 'shop-2.myshopify.com'];
  const take = (count: number, now: () => number, seed = 7) => {
    const next = createTraffic({ seed, shops, people: 3, now });
    return Array.from({ length: count }, next);
  };
  const dateIn = ({ body }: Sent) =>
    Date.parse(JSON.parse(body.toString()).email_marketing_consent?.consent_updated_at ?? '');

  it('are the same for the same seed, whenever they are sent, and others for another', () => {
    const asked = (list: readonly Sent[]) => list.map(({ id, shop, topic, choice }) => [id, shop, topic, choice?.yes]);
    let time = START;
    expect(asked(take(300, () => (time += 17)))).toEqual(asked(take(300, () => START)));
    expect(asked(take(300, () => START, 8))).not.toEqual(asked(take(300, () => START)));
  });

  it('have choices of different dates, none later than its webhook, although all are made in one instant', () => {
    const choices = take(20_000, () => START).filter(({ choice }) => choice !== null);
    const dates = choices.map(dateIn);
    expect(dates.length).toBeGreaterThan(5000);
    expect(dates).toEqual(choices.map(({ choice }) => choice?.at));
    expect(dates).toEqual([...new Set(dates)].sort((a, b) => a - b));
    expect(choices.every((one) => dateIn(one) <= one.triggeredAt)).toBe(true);
  });
});

/** A choice made so many seconds after the start, acknowledged `late` seconds later. */
const choice = (second: number, yes: boolean, late = 0): Sent => ({
  shop: SHOP,
  id: `c${second}`,
  topic: 'customers_email_marketing_consent/update',
  body: Buffer.alloc(0),
  triggeredAt: START + second * SECOND,
  orderId: null,
  choice: { whose: WHOSE, yes, at: START + second * SECOND },
  tries: 1,
  acknowledgedAt: START + (second + late) * SECOND,
});
const order = (id: string): Sent => ({ ...choice(0, true), id: `o${id}`, orderId: id, choice: null });
const got = (second: number, flag: boolean | null, orderId: string | null = null): Taken => ({
  at: START + second * SECOND,
  shop: SHOP,
  email: EMAIL,
  flag,
  orderId,
});
const judged = (sent: Sent[], taken: Taken[], states: Record<string, string> = {}) =>
  judgeSoak(sent, new Map(sent.map(({ id }) => [id, states[id] ?? 'accepted'])), taken, 10 * SECOND);
const GOOD = { missing: [], neverTaken: [], regressed: [], lateOptIns: [], repeats: 0 };

describe('a soak is judged', () => {
  it('good if the last flag is the newest choice, however the answers were lost meanwhile', () => {
    expect(judged([choice(1, true), choice(2, false)], [got(1, true), got(2, true), got(3, false)])).toEqual(GOOD);
  });

  it('good if an older choice is acknowledged last, as it was sent again and again', () => {
    expect(judged([choice(1, true, 60), choice(2, false)], [got(3, false)])).toEqual(GOOD);
  });

  it('bad if the last flag is an older choice, or there is none', () => {
    const newest = choice(2, true);
    expect(judged([choice(1, false), newest], [got(3, true), got(4, false)]).regressed).toEqual([
      { choice: newest.choice, heard: false },
    ]);
    expect(judged([newest], []).regressed).toEqual([{ choice: newest.choice, heard: null }]);
  });

  it('by the flags alone: what is sent without one changes nothing', () => {
    expect(judged([choice(1, true)], [got(2, true), got(3, null)])).toEqual(GOOD);
  });

  it('bad if an opt-in leaves long after a newer opt-out was acknowledged, even if it is put right', () => {
    const late = judged([choice(1, true), choice(2, false)], [got(20, true), got(21, false)]);
    expect(late).toEqual({ ...GOOD, lateOptIns: [{ whose: WHOSE, at: START + 20 * SECOND }] });
  });

  it.each([
    ['the opt-out was acknowledged a moment ago', [choice(1, true), choice(15, false)]],
    ['the opt-out was acknowledged late', [choice(1, true), choice(2, false, 15)]],
    ['a newer opt-in was just sent', [choice(1, true), choice(2, false), choice(19, true, 30)]],
  ])('good if an opt-in leaves while %s', (_, sent) => {
    expect(judged(sent, [got(20, true)]).lateOptIns).toEqual([]);
  });

  it('bad if something acknowledged is not stored, or was never sent although it counts as accepted', () => {
    expect(judgeSoak([order('1')], new Map(), [], 0).missing).toEqual(['o1']);
    expect(judged([order('1'), order('2')], [got(1, null, '2')]).neverTaken).toEqual(['o1']);
    expect(judged([order('1')], [], { o1: 'skipped' }).neverTaken).toEqual([]);
  });

  it('counting the orders that came again', () => {
    expect(judged([order('1')], [got(1, null, '1'), got(2, null, '1'), got(3, null, '1')]).repeats).toBe(2);
  });
});
