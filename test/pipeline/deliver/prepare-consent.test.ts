import { describe, expect, it } from 'vitest';
import { detailOf } from '../../../server/domain/wording/details.ts';
import { writeText } from '../../../server/domain/wording/kept-text.ts';
import { type PrepareInput, prepare } from '../../../server/pipeline/deliver/prepare.ts';
import { settingsWith } from '../../ascent360/inputs.ts';
import { HOUR } from '../../durations.ts';
import { about, ends, fact, facts, given, NOW, optIn, optOut, RECEIVED, told } from './prepare-input.ts';

const consent = (change: Partial<PrepareInput>): Partial<PrepareInput> => ({ kind: 'consent', ...change });

describe('A consent event', () => {
  it.each<[string, Partial<PrepareInput>, string]>([
    ['whose flag is due', { about: about('f1'), facts: facts({ email: [optIn] }) }, 'sent email,true'],
    ['whose opt-out is due', { about: about('f2'), facts: facts({ email: [optOut] }) }, 'sent email,false'],
    ['for SMS', { about: about('f1', 'sms'), facts: facts({ sms: [fact({ channel: 'sms' })] }) }, 'sent sms,true'],
    ['for a channel without a flag', { about: about('f1', 'whatsapp') }, 'skipped: no_choice'],
    [
      'that is no choice',
      { about: about('f1'), facts: facts({ email: [fact({ state: 'pending' })] }) },
      'skipped: no_choice',
    ],
    ['whose fact is not known', { about: about('f9'), facts: facts({ email: [optIn] }) }, 'skipped: no_choice'],
    [
      'without the address',
      {
        about: about('f1'),
        contact: { origins: {}, leftOut: {} },
        facts: facts({ email: [optIn] }),
      },
      'skipped: no_choice',
    ],
    [
      'accepted before it arrived',
      {
        about: about('f1'),
        facts: facts({ email: [optIn] }),
        told: told({ email: { accepted: true, acceptedAt: RECEIVED - 1 } }),
      },
      'skipped: already_told',
    ],
    [
      'accepted at an unknown time',
      { about: about('f1'), facts: facts({ email: [optIn] }), told: told({ email: { accepted: true } }) },
      'skipped: already_told',
    ],
    [
      'accepted, with something else sent since',
      {
        about: about('f1'),
        facts: facts({ email: [optIn] }),
        told: told({ email: { accepted: true, acceptedAt: RECEIVED } }),
      },
      'merged: told_with_another',
    ],
    [
      'after which a newer one arrived',
      { about: about('f1'), facts: facts({ email: [optIn, { ...optOut, chosenAt: NOW - HOUR }] }) },
      'merged: superseded into e2',
    ],
    [
      'at the same moment as an opt-out, which wins',
      { about: about('f1'), facts: facts({ email: [optIn, optOut] }) },
      'merged: superseded into e2',
    ],
    [
      'followed by an order with the box ticked, which has no delivery of its own',
      {
        about: about('f2'),
        facts: facts({
          email: [{ ...optOut, chosenAt: NOW - 3 * HOUR }, fact({ state: 'ticked', source: 'order_box', level: null })],
        }),
      },
      'sent email,true',
    ],
    [
      'received twice: one choice',
      { about: about('f3'), facts: facts({ email: [optIn, fact({ id: 'f3', eventId: 'e3' })] }) },
      'sent email,true',
    ],
    [
      'after which the person has to confirm',
      {
        about: about('f1'),
        facts: facts({
          email: [optIn, fact({ id: 'f4', state: 'pending', level: null, chosenAt: NOW - HOUR, eventId: 'e4' })],
        }),
      },
      'merged: superseded into e4',
    ],
    [
      'after which Shopify said, when it was read, that the person has to confirm',
      {
        about: about('f1'),
        facts: facts({
          email: [
            optIn,
            fact({
              id: 'f4',
              state: 'pending',
              level: null,
              chosenAt: NOW - HOUR,
              source: 'admin_read',
              eventId: 'e4',
            }),
          ],
        }),
      },
      'merged: superseded into e4',
    ],
    [
      'that is no choice, where an earlier one was told',
      {
        about: about('f4'),
        facts: facts({ email: [optIn, fact({ id: 'f4', state: 'pending', level: null, chosenAt: NOW - HOUR })] }),
        told: told({ email: { accepted: true } }),
      },
      'skipped: no_choice',
    ],
    [
      'after which they subscribed anew',
      { about: about('f1'), facts: facts({ email: [optIn, fact({ id: 'f5', chosenAt: NOW - HOUR, eventId: 'e5' })] }) },
      'merged: superseded into e5',
    ],
    [
      'an opt-in older than the address, after an opt-out that is due',
      {
        about: about('f1'),
        facts: facts({ email: [fact({ addressChangedAt: NOW - HOUR }), { ...optOut, chosenAt: NOW - 3 * HOUR }] }),
      },
      'sent email,false',
    ],
    [
      'followed by the opt-in of another who has the address, while Shopify is asked about this one',
      {
        about: about('f1'),
        facts: facts({ email: [optIn, fact({ id: 'f6', personId: 'ben', chosenAt: NOW - HOUR, eventId: 'e6' })] }),
        to: { personId: 'ada', canBeAsked: true, isBeingAsked: true, optInsFrom: Number.NEGATIVE_INFINITY },
      },
      'skipped: no_choice',
    ],
    [
      'held by who holds the address, as was read of the same moment',
      {
        about: about('f1'),
        facts: facts({
          email: [
            optIn,
            fact({ id: 'f6', state: 'not_subscribed', level: null, personId: 'ben', source: 'admin_read' }),
          ],
        }),
        to: { personId: 'ben', canBeAsked: true, isBeingAsked: false, optInsFrom: Number.NEGATIVE_INFINITY },
      },
      'skipped: no_choice',
    ],
    [
      'that is history',
      {
        about: about('f1'),
        facts: facts({ email: [optIn] }),
        historyBefore: NOW,
        settings: settingsWith({
          consent: { ...settingsWith().consent, email: { optInLevel: 'single', history: 'none', untickedBox: 'send' } },
        }),
      },
      'skipped: history_held',
    ],
    [
      'held until Shopify confirms it',
      {
        about: about('f1'),
        facts: facts({ email: [optIn] }),
        to: { personId: 'ada', canBeAsked: true, isBeingAsked: false, optInsFrom: NOW },
      },
      'skipped: history_held',
    ],
    [
      'the same for a person who is gone',
      {
        about: about('f1'),
        isGone: true,
        facts: facts({ email: [optIn] }),
        to: { personId: 'ada', canBeAsked: true, isBeingAsked: false, optInsFrom: NOW },
      },
      'skipped: deleted_person',
    ],
    [
      'an opt-out by a person who is gone',
      { about: about('f2'), isGone: true, facts: facts({ email: [optOut] }) },
      'sent email,false',
    ],
    [
      'an opt-out by a person who is gone, sent again although Ascent360 has it',
      {
        about: about('f2'),
        isGone: true,
        again: true,
        facts: facts({ email: [optOut] }),
        told: told({ email: { accepted: false, acceptedAt: NOW - HOUR } }),
      },
      'skipped: deleted_person',
    ],
    [
      'no choice by a person who is gone',
      { about: about('f1'), isGone: true, facts: facts({ email: [fact({ state: 'pending' })] }) },
      'skipped: deleted_person',
    ],
    [
      'unticked at checkout, which is left out',
      {
        about: about('f2'),
        facts: facts({ email: [optOut, fact({ id: 'f5', state: 'unticked', source: 'order_box', level: null })] }),
        settings: settingsWith({
          consent: {
            ...settingsWith().consent,
            email: { optInLevel: 'single', history: 'optOuts', untickedBox: 'leaveOut' },
          },
        }),
      },
      'skipped: unticked_box',
    ],
    [
      'held by who holds the address',
      {
        about: about('f1'),
        facts: facts({
          email: [
            optIn,
            fact({ id: 'f6', state: 'not_subscribed', level: null, personId: 'ben', chosenAt: NOW - 3 * HOUR }),
          ],
        }),
        to: { personId: 'ben', canBeAsked: true, isBeingAsked: false, optInsFrom: Number.NEGATIVE_INFINITY },
      },
      'skipped: no_choice',
    ],
    [
      'an opt-in older than the address, accepted or not',
      {
        about: about('f1'),
        facts: facts({
          email: [
            fact({ addressChangedAt: NOW, chosenAt: NOW - HOUR }),
            fact({ id: 'f7', chosenAt: NOW - 5 * HOUR, source: 'order_box', state: 'ticked', level: null }),
          ],
        }),
        told: told({ email: { accepted: true } }),
      },
      'skipped: no_choice',
    ],
    [
      'resent by the merchant, whatever was accepted',
      { about: about('f1'), again: true, facts: facts({ email: [optIn] }), told: told({ email: { accepted: true } }) },
      'sent',
    ],
    [
      'resent on purpose',
      {
        about: about('f1'),
        reassertFrom: Infinity,
        facts: facts({ email: [optIn] }),
        told: told({ email: { accepted: true } }),
      },
      'sent email,true',
    ],
  ])('%s', (_what, change, end) => {
    expect(ends(consent(change))).toBe(end);
  });

  it('says that it is held until Shopify confirms it', () => {
    const to = { personId: 'ada', canBeAsked: true, isBeingAsked: false, optInsFrom: NOW };
    const held = prepare(given(consent({ about: about('f1'), facts: facts({ email: [optIn] }), to })));
    expect(held).toMatchObject({ detail: 'timeline.reason.not_asked_again' });
  });
});

describe('A consent event that is not sent says more than its reason:', () => {
  const told1 = (acceptedAt: number | null) => told({ email: { accepted: true, acceptedAt } });
  const held = fact({ id: 'f9', state: 'not_subscribed', level: null, eventId: 'e9' });
  const bobs = fact({ personId: 'bob' });
  const settled = (change: Partial<PrepareInput>) => {
    const made = prepare(given(consent({ about: about('f1'), ...change })));
    return made.kind === 'settle' ? { ...made.settled, detail: made.detail, mergedInto: made.mergedInto } : null;
  };
  const skipped = (reason: string, detail: string | null) => ({ state: 'skipped', reason, detail, mergedInto: null });

  it('when Ascent360 accepted it, where that is known', () => {
    const email = facts({ email: [optIn] });
    expect(settled({ facts: email, told: told1(RECEIVED - 1) })).toEqual(
      skipped('already_told', detailOf('accepted_at', { at: new Date(RECEIVED - 1).toISOString() })),
    );
    expect(settled({ facts: email, told: told1(null) })).toEqual(skipped('already_told', null));
  });

  const { to } = given();
  it.each<[string, Partial<PrepareInput>]>([
    ['before it', { facts: facts({ email: [bobs, { ...held, chosenAt: NOW - 3 * HOUR }] }) }],
    [
      'after it, about another address',
      {
        facts: facts({ email: [bobs] }),
        to: { ...to, ownWords: [{ ...held, personId: 'ada', chosenAt: NOW - HOUR }] },
      },
    ],
  ])('that it is another person’s, if Shopify said that this one did not subscribe %s', (_when, change) => {
    const anothers = writeText({ code: 'timeline.reason.held_by_holder' });
    expect(settled(change)).toEqual(skipped('no_choice', anothers));
    expect(settled({ ...change, isGone: true })).toEqual(skipped('deleted_person', null));
  });

  it('that it is another person’s, and Shopify couldn’t be asked about this one yet', () => {
    const change = { facts: facts({ email: [bobs] }), to: { ...to, isBeingAsked: true } };
    const why = writeText({ code: 'timeline.reason.being_asked' });
    expect(settled(change)).toEqual(skipped('no_choice', why));
    expect(settled({ ...change, isGone: true })).toEqual(skipped('deleted_person', null));
  });
});
