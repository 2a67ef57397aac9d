import type { Chance } from './chance.ts';

type Address = {
  address1: string;
  address2: string | null;
  city: string;
  zip: string;
  province: string | null;
  province_code: string | null;
  country: string;
  country_code: string;
};

/** A shopper in the story. */
export type Shopper = {
  id: number;
  first: string;
  last: string;
  email: string;
  /** The number for texts; null: none given. */
  mobile: string | null;
  phone: string | null;
  address: Address;
  /** When the account was created; null: a guest. */
  since: number | null;
  email_state: 'subscribed' | 'unsubscribed' | 'pending' | 'not_subscribed';
  sms_state: 'subscribed' | 'unsubscribed' | 'not_subscribed';
  tags: string[];
};

const FIRST = [
  'Mia',
  'Noah',
  'Ava',
  'Liam',
  'Zoe',
  'Ethan',
  'Ruby',
  'Caleb',
  'Ines',
  'Owen',
  'Hana',
  'Jonas',
  'Lena',
  'Marcus',
  'Priya',
  'Diego',
  'Freya',
  'Samuel',
  'Nora',
  'Theo',
  'Clara',
  'Elias',
  'Maeve',
  'Victor',
  'Amara',
  'Felix',
  'Sofia',
  'Hugo',
  'Leila',
  'Anders',
  'Yuki',
  'Rosa',
  'Kieran',
  'Anika',
  'Mateo',
  'Greta',
] as const;
const LAST = [
  'Berg',
  'Okafor',
  'Lindqvist',
  'Moreau',
  'Castillo',
  'Novak',
  'Sutter',
  'Hayes',
  'Tanaka',
  'Brandt',
  'Whitfield',
  'Rossi',
  'Delgado',
  'Kowalski',
  'Fraser',
  'Nakamura',
  'Hughes',
  'Petrov',
  'Larsen',
  'Mbeki',
  'Fontaine',
  'Alvarez',
  'Schmid',
  'O’Connor',
  'Dahl',
  'Ferreira',
  'Kaplan',
  'Beaumont',
  'Stone',
  'Ivanova',
  'Marsh',
  'Vega',
] as const;
const STREETS = ['Summit Street', 'Aspen Way', 'Ridge Road', 'Mill Lane', 'Pine Court', 'Larkspur Drive'] as const;

type Place = Omit<Address, 'address1' | 'address2'> & { dials: string };
const US = { country: 'United States', country_code: 'US' } as const;
const PLACES: readonly (readonly [number, Place])[] = [
  [9, { ...US, city: 'Denver', zip: '80202', province: 'Colorado', province_code: 'CO', dials: '+1303555' }],
  [5, { ...US, city: 'Boulder', zip: '80302', province: 'Colorado', province_code: 'CO', dials: '+1720555' }],
  [4, { ...US, city: 'Salt Lake City', zip: '84101', province: 'Utah', province_code: 'UT', dials: '+1801555' }],
  [3, { ...US, city: 'Burlington', zip: '05401', province: 'Vermont', province_code: 'VT', dials: '+1802555' }],
  [2, { ...US, city: 'Truckee', zip: '96161', province: 'California', province_code: 'CA', dials: '+1530555' }],
  [
    3,
    {
      city: 'Banff',
      zip: 'T1L 1A1',
      province: 'Alberta',
      province_code: 'AB',
      country: 'Canada',
      country_code: 'CA',
      dials: '+1403555',
    },
  ],
  [
    2,
    {
      city: 'Whistler',
      zip: 'V8E 0A1',
      province: 'British Columbia',
      province_code: 'BC',
      country: 'Canada',
      country_code: 'CA',
      dials: '+1604555',
    },
  ],
  [
    1,
    {
      city: 'Innsbruck',
      zip: '6020',
      province: null,
      province_code: null,
      country: 'Austria',
      country_code: 'AT',
      dials: '+4366455',
    },
  ],
];

const plain = (text: string) =>
  text
    .normalize('NFD')
    .replaceAll(/[^a-z]/gi, '')
    .toLowerCase();

/** A home in one of the places where people buy skis. */
export function addressOf(chance: Chance): Address & { dials: string } {
  const place = chance.weighted(PLACES);
  const address1 = `${chance.whole(1, 180)} ${chance.pick(STREETS)}`;
  return { ...place, address1, address2: chance.next() < 0.2 ? `Apt ${chance.whole(1, 40)}` : null };
}

/**
 * This many people with their own names, homes and email addresses (all at domains reserved for
 * examples).
 * @param since when their accounts were created; guests have none
 */
export function shoppersOf(chance: Chance, count: number, since: (n: number) => number | null): Shopper[] {
  const taken = new Set<string>();
  return Array.from({ length: count }, (_, n) => {
    const first = chance.pick(FIRST);
    const last = chance.pick(LAST);
    let email = `${plain(first)}.${plain(last)}@example.com`;
    while (taken.has(email)) email = `${plain(first)}.${plain(last)}${chance.whole(2, 99)}@example.com`;
    taken.add(email);
    const { dials, ...address } = addressOf(chance);
    const number = () => `${dials}${chance.whole(1000, 9999)}`;
    return {
      id: 7_718_204_400_000 + n * 37,
      first,
      last,
      email,
      mobile: chance.next() < 0.45 ? number() : null,
      phone: chance.next() < 0.5 ? number() : null,
      address,
      since: since(n),
      email_state: 'not_subscribed',
      sms_state: 'not_subscribed',
      tags: [],
    };
  });
}
