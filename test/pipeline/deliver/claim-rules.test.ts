import { describe, expect, it } from 'vitest';
import { mayClaim, newLanes } from '../../../server/pipeline/deliver/claim.ts';
import { evaluate } from '../../../server/pipeline/deliver/evaluate.ts';
import { addToPlan, emptyPlan } from '../../../server/pipeline/deliver/plan.ts';
import type { ClaimedDelivery } from '../../../server/store/deliveries/deliveries.ts';
import type { EntityState } from '../../../server/store/deliveries/entity-states.ts';
import type { StoredSettings } from '../../../server/store/shops/settings.ts';
import { NOW, optIn, optOut } from './prepare-input.ts';
import { ADA, adas, delivery, type Known, shop, subject, viewOf } from './view.ts';

describe('a shop', () => {
  const problem = { since: NOW, error: 'HTTP 401' };
  const { stored } = viewOf([]);
  it.each<[string, Partial<StoredSettings>, boolean]>([
    ['may send', {}, true],
    ['may not send while it is not connected', { guid: null }, false],
    ['may not send while it is paused', { settings: { ...stored.settings, paused: true } }, false],
    ['may not send while its GUID is refused', { problem, probeDue: false }, false],
    ['may send once a probe of a refused GUID is due', { problem, probeDue: true }, true],
    ['may send whether or not a probe is due, if nothing is refused', { probeDue: false }, true],
  ])('%s', (_what, change, may) => {
    expect(mayClaim({ ...stored, ...change })).toBe(may);
  });

  it('that saved nothing may not send', () => {
    expect(mayClaim(null)).toBe(false);
  });
});

describe('the lanes of a delivery', () => {
  const due = { ...delivery(), lanes: { emailLane: adas.email, phoneLane: adas.sms } };
  const { found } = viewOf([due]);
  const lanesWith = (lanes: { emailLane: string | null; phoneLane: string | null }, id = due.id) =>
    newLanes(shop, found, { ...due, id, lanes });

  it('stay if its contact has the same addresses', () => {
    expect(lanesWith(due.lanes)).toBeNull();
  });

  it.each([
    ['email address', { ...due.lanes, emailLane: 'another' }],
    ['first email address', { ...due.lanes, emailLane: null }],
    ['number', { ...due.lanes, phoneLane: 'another' }],
    ['first number', { ...due.lanes, phoneLane: null }],
  ])('change with its %s', (_what, before) => {
    expect(lanesWith(before)).toEqual(due.lanes);
  });

  it('stay if nothing is known about its contact', () => {
    expect(lanesWith({ emailLane: 'another', phoneLane: null }, 'another')).toBeNull();
  });
});

describe('what a claim writes for a delivery', () => {
  const planned = (known: Known = {}, change: Partial<ClaimedDelivery> = {}) => {
    const one = delivery(change);
    const view = viewOf([one], known);
    const plan = emptyPlan();
    const evaluated = evaluate(view, one);
    addToPlan(view, evaluated, plan);
    return { plan, evaluated };
  };
  const nothing = emptyPlan();
  const state = (acceptedHash: string): EntityState => ({
    entity: 'order',
    kind: 'order',
    handledAt: null,
    handledTriggeredAt: null,
    personId: ADA,
    latestEventId: 'e1',
    acceptedHash,
    account: 1,
  });

  it('that is sent: an attempt, and what was decided about each address, with that attempt', () => {
    const { plan, evaluated } = planned({ facts: { email: [optIn] } });
    const { prepared } = evaluated;
    const { attemptId, contentHash } = plan.leaving[0] ?? {};
    expect(plan).toEqual({
      ...nothing,
      leaving: [{ evaluated, prepared, attemptId: expect.any(String), contentHash: expect.any(String) }],
      decisions: (['email', 'sms', 'phone', 'postal'] as const).map((channel) => ({
        channel,
        address: adas[channel],
        personId: ADA,
        decision: prepared.decisions[channel],
        eventId: 'e1',
        attemptId,
      })),
    });
    const content = prepared.kind === 'send' ? prepared.content : '';
    expect(contentHash).toBe(shop.vault.hash('content', content));
    expect(planned({ facts: { email: [optIn] } }).plan.leaving[0]?.attemptId).not.toBe(attemptId);
  });

  it('that is not sent: how it ended, and what was decided, without an attempt', () => {
    const stale = {
      subject: subject({ contact: { email: 'ada@example.com', origins: {}, leftOut: {} }, otherwise: 'stale' }),
    } as const;
    const { plan, evaluated } = planned({ facts: { email: [optOut] }, told: { email: { accepted: false } } }, stale);
    expect(plan).toEqual({
      ...nothing,
      closed: ['d1'],
      updates: [{ id: 'e1', ...evaluated.prepared }],
      decisions: [
        {
          channel: 'email',
          address: adas.email,
          personId: ADA,
          decision: evaluated.prepared.decisions.email,
          eventId: 'e1',
          attemptId: null,
        },
      ],
    });
    expect(plan.updates).toMatchObject([{ settled: { state: 'skipped', reason: 'stale' } }]);
  });

  it.each<[string, Partial<ClaimedDelivery>, boolean]>([
    ['is looked into, for it may have carried an opt-out', {}, true],
    ['is not, if it is about a choice: an opt-out among them still goes out', { kind: 'consent' }, false],
  ])('that was being sent when its customer was deleted: it ends, and what is due %s', (_what, change, mayOwe) => {
    const { plan } = planned({ isGone: true }, change);
    expect(plan).toMatchObject({ closed: ['d1'], updates: [{ settled: { reason: 'deleted_person' } }], mayOwe });
  });

  it('with nothing new: that it ended, and what it would have sent', () => {
    const entity = 'order';
    const { plan: first } = planned({}, { entity });
    const known = (acceptedHash: string) => ({ found: { entities: new Map([[entity, state(acceptedHash)]]) } });
    const { plan, evaluated } = planned(known(first.leaving[0]?.contentHash ?? ''), { entity });
    expect(plan).toMatchObject({
      leaving: [],
      closed: ['d1'],
      updates: [{ id: 'e1', settled: { state: 'skipped', reason: 'nothing_new' } }],
      kept: [{ id: 'd1' }],
    });
    const kept = JSON.parse(plan.kept[0]?.kept ?? '');
    expect(kept.payload).toEqual(evaluated.prepared.kind === 'send' ? evaluated.prepared.payload : null);
    expect(kept.fields.length).toBeGreaterThan(0);
    expect(planned(known('another'), { entity }).plan).toMatchObject({ leaving: [{}], closed: [], kept: [] });
  });
});
