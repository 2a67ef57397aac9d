/** What a delivery is evaluated under, made by hand: nothing of it is in a database. */

import type { ConsentFact, FlagChannel } from '../../../server/domain/consent.ts';
import { emptyProfile, type PersonProfile } from '../../../server/domain/person.ts';
import { contactOf } from '../../../server/pipeline/deliver/context.ts';
import { imagined, type View } from '../../../server/pipeline/deliver/evaluate.ts';
import { createKeys } from '../../../server/platform/keys.ts';
import { ledgerKey } from '../../../server/store/consent/facts.ts';
import type { ToldRow } from '../../../server/store/consent/told-flags.ts';
import type { ClaimedDelivery, DeliverySubject } from '../../../server/store/deliveries/deliveries.ts';
import { emailHash, mobileHash } from '../../../server/store/people/identifiers.ts';
import type { Installation } from '../../../server/store/shops/installation.ts';
import { nothingStored, type StoredSettings } from '../../../server/store/shops/settings.ts';
import type { Shop } from '../../../server/store/shops/shops.ts';
import { settingsWith } from '../../ascent360/inputs.ts';
import { DAY, HOUR } from '../../durations.ts';
import { contact, NOW, RECEIVED } from './prepare-input.ts';

export const ADA = 'ada';
export const GUID = '3f2a91c4-7b0e-4d55-9a61-0c8de2f4b7a9';

const domain = 'snow.myshopify.com';
const keys = createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }]);
const { wrappedKey, wrapKeyId } = keys.create(domain);
export const shop: Shop = { id: 1, domain, vault: keys.unlock(domain, wrappedKey, wrapKeyId) };

/** What Ada's flags are about. */
export const adas: Record<FlagChannel, string> = {
  email: emailHash(shop.vault, contact.email ?? ''),
  sms: mobileHash(shop.vault, contact.mobile ?? ''),
  phone: ADA,
  postal: ADA,
};

/** Ada, read an hour ago. */
export const person = (change: Partial<PersonProfile> = {}): PersonProfile => ({
  ...emptyProfile('7'),
  contact,
  contactFrom: 'customer',
  read: { at: NOW - HOUR, metafields: {}, dataSaleOptOut: false },
  ...change,
});
export const guest = person({ customerId: null, read: null });

export const subject = (change: Partial<DeliverySubject> = {}): DeliverySubject => ({
  contact: null,
  purchase: null,
  about: null,
  ...change,
});

/** Ada as last known. */
export const delivery = (change: Partial<ClaimedDelivery> = {}): ClaimedDelivery => ({
  ...imagined({ kind: 'customer', personId: ADA, topic: 'customers/update', eventReceivedAt: RECEIVED }),
  id: 'd1',
  eventId: 'e1',
  ...change,
});

export type Known = {
  ada?: PersonProfile;
  isGone?: boolean;
  /** About Ada's addresses. */
  facts?: Partial<Record<'email' | 'sms', ConsentFact[]>>;
  told?: Partial<Record<FlagChannel, Partial<ToldRow>>>;
  settings?: Partial<StoredSettings['settings']>;
  stored?: Partial<StoredSettings>;
  life?: Partial<Installation>;
  found?: Partial<View['found']>;
};

/** Everything that is known when these deliveries are evaluated. */
export function viewOf(deliveries: readonly ClaimedDelivery[], known: Known = {}): View {
  const profile = known.ada ?? person();
  const isGone = known.isGone ?? false;
  const told = (channel: FlagChannel): ToldRow => ({
    accepted: null,
    acceptedAt: null,
    pendingFlags: [],
    lists: null,
    ...known.told?.[channel],
  });
  return {
    shop,
    stored: { ...nothingStored, guid: GUID, settings: settingsWith(known.settings), ...known.stored },
    life: {
      firstCallAt: NOW - 400 * DAY,
      lastCallAt: NOW,
      firstWebhookAt: null,
      lastWebhookAt: null,
      uninstalledAt: null,
      lastUninstalledAt: null,
      canRead: true,
      ...known.life,
    },
    found: {
      profiles: new Map([[ADA, profile]]),
      deleted: new Set(isGone ? [ADA] : []),
      contacts: new Map(
        deliveries.map((one) => [
          one.id,
          contactOf(one, one.personId === null ? undefined : profile, isGone && one.personId !== null),
        ]),
      ),
      facts: new Map(
        (['email', 'sms'] as const).map((channel) => [
          ledgerKey({ channel, address: adas[channel] }),
          known.facts?.[channel] ?? [],
        ]),
      ),
      told: ({ channel, address }) =>
        channel !== 'whatsapp' && address === adas[channel]
          ? told(channel)
          : { accepted: null, acceptedAt: null, pendingFlags: [], lists: null },
      parked: new Map(),
      own: new Map(),
      damaged: new Set(),
      saleOptOuts: new Set(),
      entities: new Map(),
      ...known.found,
    },
    now: NOW,
  };
}
