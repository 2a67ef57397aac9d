import { lastDays } from '../../../server/domain/days.ts';
import type { Instant } from '../../../server/domain/scalars.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../durations.ts';
import { complianceBody } from './bodies.ts';
import { type Chance, chanceOf } from './chance.ts';
import type { Happening, Stage } from './scenes.ts';
import * as scenes from './scenes.ts';
import { type Shopper, shoppersOf } from './shoppers.ts';

/** Where the shop of the demo is. */
export const TIME_ZONE = 'America/Denver';
const DAYS = 29;
const SEED = 7;
const PEOPLE = 300;
/** The hours of the shop's day in which things happen. */
const HOURS = [9.2, 11.1, 12.6, 14.8, 17.3, 19.4, 20.9] as const;

/** What happened within a minute or two. */
type Burst = { at: Instant; happenings: Happening[] };

export type Story = {
  shop: string;
  /** It is told up to this moment. */
  until: Instant;
  timeZone: string;
  /** What the merchant chose, at first and from the third day on, as the API takes it. */
  settings: { first: object; now: object };
};

/** What the merchant chose and how Ascent360 behaved, from one moment to another. */
export type Plot = {
  timeZone: string;
  installedAt: Instant;
  bursts: Burst[];
  people: Shopper[];
  acts: { at: Instant; settings: object }[];
  /** Resends what needs attention about this person. */
  sentAgain: { at: Instant; email: string };
  /** When the merchant imported everyone. */
  imports: { customersAt: Instant };
  /** When the first request of a kind was marked as done. */
  requestsDone: { at: Instant; kind: 'data_request' | 'redact' }[];
  /**
   * When Ascent360 answered something other than 200, to everyone or to records for one address.
   */
  troubles: { from: Instant; to: Instant; status: number; email?: string }[];
};

type Scene = (stage: Stage, buyer: Shopper, at: Instant) => Happening[];

const ofCustomers: readonly (readonly [number, Scene])[] = [
  [34, scenes.buys],
  [10, scenes.changesNothing],
  [7, scenes.isTagged],
  [6, scenes.subscribes],
  [6, scenes.changesTexts],
  [5, scenes.unsubscribes],
  [4, scenes.moves],
  [3, scenes.unticks],
  [2, scenes.wantsWhatsApp],
  [2, (stage, buyer, at) => scenes.buys(stage, buyer, at, { channel: 'pos' })],
  [1, (stage, buyer, at) => scenes.buys(stage, buyer, at, { test: true })],
];

/** One scene after another, a few seconds apart. */
function spread(chance: Chance, at: Instant, groups: ((at: Instant) => Happening[])[]): Happening[] {
  let moment = at;
  return groups
    .flatMap((group) => {
      moment += chance.whole(2, 9) * SECOND;
      return group(moment);
    })
    .sort((a, b) => a.at - b.at);
}

/** What the story needs once: a time after the installation, and what happens then. */
function turningPoints(
  people: readonly Shopper[],
  shop: string,
): { after: Instant; scene: (at: Instant) => Happening[] }[] {
  const at = (n: number) => people[n] ?? people[0];
  const about = (topic: string, buyer: Shopper | undefined) => (when: Instant) =>
    buyer
      ? [
          {
            at: when,
            topic,
            body: complianceBody(buyer, shop),
            ...(topic === 'customers/redact' && { gone: buyer.id }),
          },
        ]
      : [];
  const gid = (buyer: Shopper | undefined) => `gid://shopify/Customer/${buyer?.id ?? 0}`;
  const merge = (status: string) => (when: Instant) => [
    {
      at: when,
      topic: 'customers/merge',
      body: {
        admin_graphql_api_customer_kept_id: gid(at(40)),
        admin_graphql_api_customer_deleted_id: gid(at(41)),
        status,
      },
      ...(status === 'completed' && { gone: at(41)?.id ?? 0 }),
    },
  ];
  return [
    { after: 4 * DAY, scene: about('customers/data_request', at(30)) },
    { after: 6 * DAY, scene: merge('in_progress') },
    { after: 6 * DAY + 3 * HOUR, scene: merge('completed') },
    { after: 12 * DAY, scene: (when) => [{ at: when, topic: 'orders/updated', body: '[]' }] },
    {
      after: 13 * DAY,
      scene: (when) => [
        {
          at: when,
          topic: 'customers/delete',
          body: { id: at(50)?.id, admin_graphql_api_id: gid(at(50)) },
          gone: at(50)?.id ?? 0,
        },
      ],
    },
    { after: 18 * DAY, scene: (when) => [{ at: when, topic: 'customers/delete', body: {} }] },
    { after: 19 * DAY, scene: about('customers/redact', at(60)) },
    { after: 26 * DAY, scene: about('customers/data_request', at(1)) },
    { after: 27 * DAY, scene: about('customers/redact', at(61)) },
  ];
}

/**
 * A month of a shop that sells skis, up to now: who did what when, and what went wrong. Always the
 * same for the same moment, and for the same time of the shop's day if its clocks don't change.
 */
export function plotMonth({ shop, until: now, timeZone, settings }: Story): Plot {
  const chance = chanceOf(SEED);
  const days = lastDays(now, timeZone, DAYS + 1);
  const dayStart = (day: number) => days[day]?.at ?? now;
  const installedAt = Math.min(dayStart(0) + 8.5 * HOUR, now - DAYS * DAY + DAY / 2);
  const people = shoppersOf(chance, PEOPLE, (n) => (n < 170 ? installedAt - chance.whole(20, 1500) * DAY : null));
  const regulars = people.slice(0, 5);
  const customers = people.slice(0, 165);
  // People about whom only one thing happens.
  const [quiet] = people.slice(165);
  const newcomers = people.slice(170, 250);
  const guests = people.slice(250);
  const due: { at: Instant; scene: (at: Instant) => Happening[] }[] = [];
  const stage: Stage = { chance, orders: 20, later: (at, scene) => void due.push({ at, scene }) };
  for (const { after, scene } of turningPoints(people, shop)) stage.later(installedAt + after, scene);
  for (const [n, at] of [
    [3, now - 9 * HOUR],
    [33, installedAt + 5.5 * DAY],
    [90, now - 3 * DAY],
    [120, now - 30 * HOUR],
  ] as const) {
    const [buyer] = people.slice(n);
    if (buyer) stage.later(at, (when) => scenes.buys(stage, buyer, when));
  }

  if (quiet) stage.later(now - 6 * DAY, (when) => scenes.oldChoiceSurfaces(stage, quiet, when));

  const someone = (list: readonly Shopper[]) => list[chance.whole(0, list.length - 1)] ?? list[0];
  function groupOf(day: number): (at: Instant) => Happening[] {
    const kind = chance.next();
    if (day < 4 && kind < 0.25) return (at) => act(scenes.oldChoiceSurfaces, someone(customers), at);
    if (kind < 0.16) return (at) => act(scenes.joins, newcomers.pop(), at);
    if (kind < 0.28) {
      const ticked = chance.next() < 0.4;
      return (at) => act((s, buyer, when) => scenes.buys(s, buyer, when, { ticked }), someone(guests), at);
    }
    if (kind < 0.3) return (at) => act(scenes.buysAtTheTill, someone(guests), at);
    const scene = chance.weighted(ofCustomers);
    return (at) => act(scene, chance.next() < 0.16 ? someone(regulars) : someone(customers), at);
  }
  const act = (scene: Scene, buyer: Shopper | undefined, at: Instant) => (buyer ? scene(stage, buyer, at) : []);

  const sale = dayStart(15);
  const bursts: Burst[] = [];
  for (let day = 0; day <= DAYS; day++) {
    for (const hour of HOURS) {
      const at = dayStart(day) + hour * HOUR + chance.whole(0, 40) * MINUTE;
      if (at < installedAt || at > now - 3 * MINUTE) continue;
      const ready = due.filter((one) => one.at <= at);
      for (const one of ready) due.splice(due.indexOf(one), 1);
      const count = dayStart(day) === sale ? 13 : chance.whole(3, 5);
      const groups = [...ready.map(({ scene }) => scene), ...Array.from({ length: count }, () => groupOf(day))];
      bursts.push({ at, happenings: spread(chance, at, groups) });
    }
  }
  const [first] = bursts;
  first?.happenings.unshift({
    at: installedAt,
    topic: 'shop/update',
    body: {
      id: 55_012_771,
      name: 'Alpine Outfitters',
      email: 'hello@example.com',
      country_code: 'US',
      currency: 'USD',
      iana_timezone: timeZone,
    },
  });
  const emailOf = (n: number) => people[n]?.email ?? '';
  const noon = (day: number) => dayStart(day) + 12 * HOUR;
  return {
    timeZone,
    installedAt,
    bursts,
    people,
    acts: [
      { at: installedAt + 3 * HOUR, settings: settings.first },
      { at: noon(2), settings: settings.now },
      { at: noon(10), settings: { ...settings.now, paused: true } },
      { at: noon(10) + 4 * HOUR, settings: settings.now },
    ],
    troubles: [
      { from: sale + 12 * HOUR, to: sale + 15.2 * HOUR, status: 503 },
      { from: noon(21), to: noon(21) + 3.5 * HOUR, status: 401 },
      { from: noon(16), to: noon(18), status: 422, email: emailOf(2) },
      { from: installedAt, to: now, status: 422, email: emailOf(90) },
      { from: noon(20), to: now, status: 422, email: emailOf(120) },
      { from: noon(5), to: noon(14), status: 500, email: emailOf(33) },
      { from: now - 20 * HOUR, to: now, status: 500, email: emailOf(3) },
    ],
    imports: { customersAt: noon(2) + HOUR },
    requestsDone: [
      { at: noon(6), kind: 'data_request' },
      { at: noon(22), kind: 'redact' },
    ],
    sentAgain: { at: noon(18) + HOUR, email: emailOf(2) },
  };
}
