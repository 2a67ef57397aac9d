/** What the app hands out when somebody asks for their data (SPEC 9): all of it, and nothing of anybody else. */
import { type ExportOf, exportPerson } from '../../server/features/privacy/export-person.ts';
import { listRequests } from '../../server/store/shops/privacy-requests.ts';
import { DAY, MINUTE } from './history.ts';
import { customerIn, type Request } from './receiver.ts';
import type { Scene } from './scene.ts';
import type { Said, Webhook } from './webhooks.ts';
import type { World } from './world.ts';

/** What is older may have been erased. */
const KEPT = 25 * DAY;
/** The app's clocks may be off. */
const OFF = 16 * MINUTE;

type Exported = {
  events: { topic: string; triggeredAt: string; sentToAscent360: { at: string }[] }[];
};

const whoIn = (said: Said): (number | null)[] => ('customer' in said ? [said.customer] : []);
const addressesIn = (said: Said): string[] => ('address' in said ? [said.address] : []);
const isAbout = ({ said }: Webhook, id: number) => said.some((one) => whoIn(one).includes(id));

/** The customer, and whoever was merged into them. */
function familyOf({ mergedInto }: Scene['account'], id: number): ReadonlySet<number> {
  const family = new Set([id]);
  for (const one of family) for (const [gone, kept] of mergedInto) if (kept === one) family.add(gone);
  return family;
}

/** Whether somebody else is known to be meant by everything that a message says. */
function isAnothers({ account }: Scene, { said }: Webhook, id: number): boolean {
  const family = familyOf(account, id);
  const hadBy = (isMeant: (customer: number) => boolean) =>
    account.sightings.filter(({ customer }) => isMeant(customer)).map(({ address }) => address);
  const had = new Set(hadBy((customer) => family.has(customer)));
  const who = said.flatMap(whoIn);
  // Who was deleted and had the same address may be back under another id.
  const isBack = (one: number) => account.deleted.has(one) && hadBy((other) => other === one).some((a) => had.has(a));
  return (
    who.length > 0 &&
    who.every((one) => one !== null && !family.has(one) && !familyOf(account, one).has(id) && !isBack(one)) &&
    said.flatMap(addressesIn).every((address) => !had.has(address))
  );
}

async function read(world: World, scene: Scene, of: ExportOf): Promise<Exported> {
  const { db, shops } = world.page;
  const shop = await shops.ensure(scene.domain);
  let text = '';
  for await (const piece of exportPerson(db, shop, of, world.clock.now())) text += piece;
  return JSON.parse(text);
}

function checkExport(world: World, scene: Scene, id: number, { events }: Exported): void {
  const since = world.clock.now() - KEPT;
  const has = ({ topic, triggeredAt }: Webhook) =>
    events.some((one) => one.topic === topic && Date.parse(one.triggeredAt) === triggeredAt);
  const heard = scene.left.filter((one) => scene.acknowledged.has(one.id) && one.triggeredAt > since);
  for (const one of heard.filter((webhook) => isAbout(webhook, id)))
    if (!has(one)) world.wrong(`the data of customer ${id} lack ${one.id}, ${one.topic}`);
  for (const one of heard.filter((webhook) => isAnothers(scene, webhook, id)))
    if (has(one)) world.wrong(`the data of customer ${id} have ${one.id}, ${one.topic}, about somebody else`);
  const attempts = events.flatMap((one) => one.sentToAscent360.map(({ at }) => Date.parse(at)));
  const isThere = ({ at }: Request) => attempts.some((attempt) => Math.abs(attempt - at) <= OFF);
  const sent = world.receiver.requests.filter(
    (request) => request.scene === scene && request.at > since && customerIn(request.payload) === id,
  );
  const lacks = sent.filter((request) => !isThere(request)).length || Math.max(0, sent.length - attempts.length);
  if (lacks > 0) world.wrong(`the data of customer ${id} lack ${lacks} of ${sent.length} times that they were sent`);
}

/** Whoever asked for their data gets all of it. */
export async function checkExports(world: World, scene: Scene): Promise<void> {
  const { db, shops } = world.page;
  const { requests } = await listRequests(db, await shops.ensure(scene.domain), null);
  for (const request of requests) {
    const id = Number(request.subject?.customerId ?? 0);
    if (
      request.kind !== 'data_request' ||
      request.erasedAt !== null ||
      [scene.account.erasedAt, scene.account.perhapsErasedAt].some((erased) => erased.has(id))
    )
      continue;
    if (id !== 0) checkExport(world, scene, id, await read(world, scene, request));
  }
}
