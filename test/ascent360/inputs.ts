import type { BuildInput } from '../../server/ascent360/build-payload.ts';
import type { ConsentFact, FlagDecision } from '../../server/domain/consent.ts';
import type { Settings } from '../../server/domain/settings.ts';

/** Settings with every default, a source name and nothing mapped. */
export function settingsWith(change: Partial<Settings> = {}): Settings {
  return {
    sourceName: 'Shopify',
    sourceType: 'Ecommerce',
    providerType: null,
    listIds: [],
    listsFor: 'subscribed',
    send: { orders: true, customers: true, orderDetails: true, testOrders: false, excludeChannels: [] },
    consent: {
      email: { optInLevel: 'single', history: 'optOuts', untickedBox: 'send' },
      sms: { optInLevel: 'single', history: 'optOuts' },
    },
    mapping: {
      dateOfBirth: null,
      gender: null,
      activities: [],
      interests: [],
      newsletters: [],
      phonePermission: null,
      addressPermission: null,
    },
    format: 'json',
    paused: false,
    ...change,
  };
}

export function factWith(change: Partial<ConsentFact> = {}): ConsentFact {
  return {
    id: 'f1',
    channel: 'email',
    state: 'subscribed',
    level: 'single_opt_in',
    chosenAt: Date.UTC(2026, 4, 3, 23, 30),
    source: 'consent_topic',
    eventId: 'e1',
    addressChangedAt: null,
    ...change,
  };
}

export const NO_CHOICE: FlagDecision = { send: null, reason: 'no_choice', fact: null };

/** An ordinary input: a person with an email address and no permissions to tell. */
export function inputWith(change: Partial<BuildInput> = {}): BuildInput {
  return {
    contact: { email: 'ann@example.com', origins: { email: 'customer.email' }, leftOut: {} },
    purchase: null,
    settings: settingsWith(),
    flags: { email: NO_CHOICE, sms: NO_CHOICE, phone: NO_CHOICE, postal: NO_CHOICE },
    lists: { send: false, text: { code: 'field.lists_subscribed_only' } },
    mapped: { dateOfBirth: null, gender: null, activities: null, interests: null, newsletters: null },
    now: Date.UTC(2026, 10, 24, 12),
    ...change,
  };
}
