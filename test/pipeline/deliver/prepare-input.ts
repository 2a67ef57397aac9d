/** Inputs for `prepare`, and its results in a few words. */

import type { Channel, ConsentFact, FlagChannel } from '../../../server/domain/consent.ts';
import type { Contact } from '../../../server/domain/contact.ts';
import type { Purchase } from '../../../server/domain/purchase.ts';
import type { Settings } from '../../../server/domain/settings.ts';
import { type PrepareInput, prepare } from '../../../server/pipeline/deliver/prepare.ts';
import type { ToldRow } from '../../../server/store/consent/told-flags.ts';
import { factWith, settingsWith } from '../../ascent360/inputs.ts';
import { HOUR } from '../../durations.ts';

export const NOW = Date.UTC(2026, 5, 30, 12);
export const RECEIVED = NOW - HOUR;
const NOTHING_TOLD: ToldRow = { accepted: null, acceptedAt: null, pendingFlags: [], lists: null };

export const contact: Contact = {
  firstName: 'Ada',
  email: 'ada@example.com',
  mobile: '+12125550142',
  phone: '+12125550143',
  address: { line1: '1 Main St', city: 'Aspen', country: 'USA' },
  origins: {},
  leftOut: {},
};
export const purchase: Purchase = { id: '7', event: 'created', channel: 'Web', discountCodes: [], items: [] };

export const fact = (change: Partial<ConsentFact> = {}) =>
  factWith({ chosenAt: NOW - 2 * HOUR, personId: 'ada', ...change });
export const optIn = fact();
export const optOut = fact({ id: 'f2', state: 'unsubscribed', level: null, eventId: 'e2' });
export const about = (factId: string, channel: Channel = 'email') => ({ channel, factId });
export const facts = (given: Partial<Record<FlagChannel, ConsentFact[]>> = {}) => ({
  email: [],
  sms: [],
  phone: [],
  postal: [],
  ...given,
});
export const told = (given: Partial<Record<FlagChannel, Partial<ToldRow>>> = {}) => ({
  email: { ...NOTHING_TOLD, ...given.email },
  sms: { ...NOTHING_TOLD, ...given.sms },
  phone: { ...NOTHING_TOLD, ...given.phone },
  postal: { ...NOTHING_TOLD, ...given.postal },
});
export const withLists = { settings: settingsWith({ providerType: 3, listIds: ['1'] }), listSet: 'set' };
export const switchedOff = (send: Partial<Settings['send']>) =>
  settingsWith({ send: { ...settingsWith().send, ...send } });

export function given(change: Partial<PrepareInput> = {}): PrepareInput {
  return {
    kind: 'customer',
    again: false,
    reassertFrom: null,
    contact,
    purchase: null,
    about: null,
    eventReceivedAt: RECEIVED,
    settings: settingsWith(),
    mapped: { dateOfBirth: null, gender: null, activities: null, interests: null, newsletters: null },
    facts: facts(),
    told: told(),
    to: { personId: 'ada', canBeAsked: true, isBeingAsked: false, optInsFrom: Number.NEGATIVE_INFINITY },
    historyBefore: NOW - 100 * HOUR,
    listSet: null,
    dataSaleOptOut: false,
    unread: false,
    isGone: false,
    choice: false,
    otherwise: null,
    now: NOW,
    ...change,
  };
}

/** The result in a few words. */
export function ends(change: Partial<PrepareInput>): string {
  const made = prepare(given(change));
  if (made.kind === 'send')
    return ['sent', ...Object.entries(made.flags), ...(made.sendsLists ? ['lists'] : [])].join(' ');
  return `${made.settled.state}: ${made.settled.reason}${made.mergedInto ? ` into ${made.mergedInto}` : ''}`;
}
