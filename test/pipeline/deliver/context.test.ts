import { describe, expect, it } from 'vitest';
import type { Contact } from '../../../server/domain/contact.ts';
import { contactOf, ledgerKeysOf } from '../../../server/pipeline/deliver/context.ts';
import type { DeliverySubject } from '../../../server/store/deliveries/deliveries.ts';
import { contact } from './prepare-input.ts';
import { ADA, adas, person, shop, subject } from './view.ts';

const known = { ...contact, origins: { email: 'customers/create', firstName: 'customers/create' } };
const of = (change: Partial<DeliverySubject>, isGone?: boolean) =>
  contactOf({ subject: subject(change), topic: 'the topic' }, person({ contact: known }), isGone);
const byEmail = { channel: 'email', address: 'new@example.com', factId: 'f1' } as const;
const byText = { channel: 'sms', address: '+12125550199', factId: 'f1' } as const;
const nobody: Contact = { origins: {}, leftOut: {} };

describe('the contact that is sent is', () => {
  it('the state that the event holds', () => {
    const held = { ...contact, firstName: 'Augusta' };
    expect(of({ contact: held })).toEqual(held);
    expect(of({ contact: held, about: byEmail, alone: true }, true)).toEqual(held);
  });

  it('the person as last known', () => {
    expect(of({})).toEqual(known);
    expect(contactOf({ subject: null, topic: 'the topic' }, person({ contact: known }))).toEqual(known);
  });

  it('the person with the address that the event is about, which it gave', () => {
    expect(of({ about: byEmail })).toEqual({
      ...known,
      email: 'new@example.com',
      origins: { email: 'the topic', firstName: 'customers/create' },
    });
    expect(of({ about: byText })).toEqual({
      ...known,
      mobile: '+12125550199',
      origins: { ...known.origins, mobile: 'the topic' },
    });
  });

  it('only that address, if it is to go out alone, or the person was deleted or is unknown', () => {
    const alone = { ...nobody, email: 'new@example.com', origins: { email: 'the topic' } };
    expect(of({ about: byEmail, alone: true })).toEqual(alone);
    expect(of({ about: byEmail }, true)).toEqual(alone);
    expect(contactOf({ subject: subject({ about: byEmail }), topic: 'the topic' }, undefined)).toEqual(alone);
  });

  it('nothing, if nothing is known or the person was deleted', () => {
    expect(contactOf({ subject: subject(), topic: 'the topic' }, undefined)).toEqual(nobody);
    expect(of({}, true)).toEqual(nobody);
  });
});

describe('flags are about', () => {
  const about = (contact: Contact | undefined, personId: string | null = ADA) =>
    ledgerKeysOf(shop, contact, personId).map(({ channel, address }) => [channel, address]);

  it('each address, and for phone and post the person', () => {
    expect(about(contact)).toEqual(Object.entries(adas));
    expect(about({ ...nobody, phone: '+12125550143' })).toEqual([['phone', ADA]]);
    expect(about({ ...nobody, address: { country: 'USA' } })).toEqual([['postal', ADA]]);
  });

  it('no phone and no post of nobody', () => {
    expect(about(contact, null)).toEqual([
      ['email', adas.email],
      ['sms', adas.sms],
    ]);
  });

  it('nothing, where no address is known', () => {
    expect(about(nobody)).toEqual([]);
    expect(about(undefined)).toEqual([]);
  });
});
