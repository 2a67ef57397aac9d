import type { FakeAscent360, ReceivedRecord } from '../fakes/ascent360.ts';
import type { Played } from './play.ts';
import type { Choice } from './story.ts';
import { type Counts, DEMO, type World } from './world.ts';

export type Verdict = {
  totals: Counts;
  /** Records that the stand-in accepted. */
  records: number;
  /** What is wrong, one sentence each; empty: nothing. */
  faults: string[];
};

const NONE: Counts = { received: 0, accepted: 0, merged: 0, skipped: 0, waiting: 0, attention: 0 };

/** The newest choice per address and flag; of two at the same moment, the opt-out. */
export function newestChoices(choices: readonly Choice[]): Choice[] {
  const newest = new Map<string, Choice>();
  for (const choice of choices) {
    const key = `${choice.flag} ${choice.address}`;
    const known = newest.get(key);
    if (!known || choice.at > known.at || (choice.at === known.at && !choice.value)) newest.set(key, choice);
  }
  return [...newest.values()];
}

/** Flags that are outdated, missing, or about someone who chose nothing. */
export function flagFaults(
  choices: readonly Choice[],
  ascent360: Pick<FakeAscent360, 'received' | 'lastAccepted'>,
): string[] {
  const newest = newestChoices(choices);
  const wrong = newest.flatMap(({ flag, address, value }) => {
    const told = ascent360.lastAccepted(address, flag, DEMO.guid);
    return told === value ? [] : [`${flag} of ${address} is ${value}, and Ascent360 was last told ${told}`];
  });
  const addresses = new Set(newest.map(({ flag, address }) => `${flag} ${address.replace(/^\+/, '')}`));
  const unfounded = ascent360.received.flatMap((record) =>
    flagsIn(record)
      .filter((flag) => !addresses.has(flag))
      .map((flag) => `${flag} was sent, and nobody chose it`),
  );
  return [...wrong, ...unfounded];
}

function flagsIn({ body }: ReceivedRecord): string[] {
  if (typeof body !== 'object' || body === null) return [];
  const about = { EmailPermission: 'Email', SMSPermission: 'Mobile' } as const;
  return Object.entries(about).flatMap(([flag, key]) =>
    flag in body ? [`${flag} ${String(Reflect.get(body, key)).toLowerCase()}`] : [],
  );
}

const sumOf = ({ accepted, merged, skipped, waiting, attention }: Counts) =>
  accepted + merged + skipped + waiting + attention;

/**
 * Checks everything once more when nothing changes any more: the app's numbers, and what the
 * stand-in accepted.
 */
export async function judge(world: World, played: readonly Played[]): Promise<Verdict> {
  const faults: string[] = [];
  const totals = { ...NONE };
  for (const shop of new Set(played.map((event) => event.shop))) {
    const merchant = world.merchant(shop);
    const sent = new Set(played.filter((event) => event.shop === shop).map((event) => event.webhookId));
    for (const webhookId of sent) {
      const { length } = await merchant.find(webhookId);
      if (length === 0) faults.push(`Lost: webhook ${webhookId} was answered with 200 and is not there`);
      if (length > 1) faults.push(`Webhook ${webhookId} is there ${length} times`);
    }
    const counts = await merchant.counts();
    if (counts.received !== sent.size) faults.push(`${shop} sent ${sent.size} webhooks and counts ${counts.received}`);
    if (counts.received !== sumOf(counts)) faults.push(`The numbers of ${shop} do not add up`);
    if (counts.waiting > 0) faults.push(`${counts.waiting} events of ${shop} are not settled`);
    totals.received += counts.received;
    totals.accepted += counts.accepted;
    totals.merged += counts.merged;
    totals.skipped += counts.skipped;
    totals.waiting += counts.waiting;
    totals.attention += counts.attention;
  }
  const { received } = world.ascent360;
  faults.push(...received.flatMap((record) => record.faults));
  faults.push(
    ...flagFaults(
      played.map((event) => event.choice).filter((choice) => choice !== null),
      world.ascent360,
    ),
  );
  return { totals, records: received.filter((record) => record.taken).length, faults };
}
