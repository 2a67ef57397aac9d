/** What the app tells the merchant, held against what Ascent360 got (SPEC 1: never more than "accepted"). */
import type { PersonDetail } from '../../server/features/people/api.ts';
import { DAY, HOUR } from './history.ts';
import { keyOf } from './model/account.ts';
import { missingOptOuts } from './model/check-quiet.ts';
import { openPage, type Page } from './page.ts';
import { isTest, type Request } from './receiver.ts';
import { EMAILS, type Scene } from './scene.ts';
import type { World } from './world.ts';

/** Ascent360 accepted it, and the app got the answer; `isPerhapsAccepted`: or may have got it. */
const isAccepted = ({ answer }: Request) => answer === 'ok' || answer === 'slow';
const isPerhapsAccepted = (one: Request) => isAccepted(one) || one.answer === 'frozen';
const requestsOf = ({ receiver }: World, scene: Scene) => receiver.requests.filter((one) => one.scene === scene);

/** What has waited for so long may have expired: the delivery that takes its place counts from then. */
const EXPIRES = 85 * DAY;

/** The shop has a GUID again that it had before another one. */
function isBack({ former, guid }: Scene): boolean {
  const other = former.findLastIndex((one) => one.guid !== guid);
  return former.slice(0, Math.max(0, other)).some((one) => one.guid === guid);
}

/** Opt-outs that Ascent360 lacks are counted, and after three days a problem. */
export async function checkOptOuts(world: World, scene: Scene): Promise<void> {
  const { account } = scene;
  // Without a GUID, nobody looks at the ledger.
  if (!scene.installed || scene.erased || scene.erasing !== 'no' || !account.connected) return;
  if (scene.hasDismissed) return;
  const now = world.clock.now();
  // While sending is paused, what a comparison finds, or an order or customer brings, counts once it is tried.
  const isSaid = (key: string) =>
    account.facts.some(
      ({ channel, address, from, must }) =>
        from === 'topic' && keyOf(channel, address) === key && must <= account.workedOff,
    );
  const missing = new Set(missingOptOuts(account, now, (key) => !account.paused || isSaid(key)));
  for (const one of scene.missingSince.keys()) if (!missing.has(one)) scene.missingSince.delete(one);
  for (const one of missing) if (!scene.missingSince.has(one)) scene.missingSince.set(one, now);
  if (missing.size === 0) return;
  const page = await openPage(world.page, scene.domain);
  const { undeliveredOptOuts, problems } = await page.overview();
  if (undeliveredOptOuts === 0) world.wrong(`no opt-out counts as undelivered, and Ascent360 lacks ${[...missing][0]}`);
  for (const [one, since] of scene.missingSince) {
    const waited = now - Math.max(since, account.reinstalledAt ?? since);
    const isLate = waited > 3 * DAY + HOUR && waited < EXPIRES;
    if (isLate && !problems.some(({ kind }) => kind === 'opt_outs_undelivered'))
      world.wrong(`no problem says that Ascent360 has lacked ${one} for days`);
  }
}

/** What was rejected needs attention for good if nothing may tell it any more: settings hold it back, or its person is gone. */
function mayStayRejected({ account, former }: Scene): boolean {
  const { refused, deleted, merged, rules } = account;
  const isRenamed = former.some((one) => one.account.rules.tags !== rules.tags);
  const isHeld = rules.email.history === 'none' || rules.sms.history === 'none' || isRenamed;
  return refused.size > 0 && (isHeld || deleted.size > 0 || merged.size > 0);
}

async function checkOverview(world: World, scene: Scene, page: Page): Promise<void> {
  const overview = await page.overview();
  const { connection, undeliveredOptOuts, problems, queries, counts } = overview;
  const own = requestsOf(world, scene).filter(({ guid }) => guid === scene.guid);
  // The process may have died before it learned what became of a test record.
  const told = own.filter(({ payload }) => !isTest(payload));
  if (connection.provenAt !== null && !own.some(isPerhapsAccepted))
    world.wrong('the overview says that Ascent360 accepted something under a GUID under which it got nothing');
  // Of a GUID that was erased or replaced meanwhile nobody knows that it's the same, and what was sent of an erased person isn't kept.
  const isKept =
    scene.former.every(({ account }) => account.connected) &&
    scene.account.erasedAddresses.size === 0 &&
    !isBack(scene);
  if (connection.provenAt === null && isKept && told.length > 0 && told.every(isAccepted))
    world.wrong('the overview says that Ascent360 accepted nothing under its GUID');
  const isOwed = mayStayRejected(scene);
  if (undeliveredOptOuts > 0 && !isOwed)
    world.wrong(`once quiet ${undeliveredOptOuts} opt-outs count as undelivered, and Ascent360 has all`);
  if (problems.some(({ kind }) => kind === 'opt_outs_undelivered') && !isOwed)
    world.wrong('once quiet a problem says that opt-outs are undelivered, and Ascent360 has all');
  for (const [figure, query] of Object.entries(queries['30d'])) {
    const total = await page.total(query);
    const count = Object.entries(counts['30d']).find(([name]) => name === figure)?.[1];
    if (total !== count) world.wrong(`the overview counts ${count} as ${figure}, and its query opens ${total}`);
  }
}

/** The accepted requests that had this flag. */
const carrying = (
  requests: readonly Request[],
  { channel, address, value }: { channel: string; address: string; value: boolean | null },
) =>
  requests.filter(
    (request) =>
      isPerhapsAccepted(request) &&
      request.flags.some(
        (flag) => flag.channel === channel && flag.address === address.toLowerCase() && flag.value === value,
      ),
  );

/** What a person's page says of an address is what the app knows that Ascent360 accepted. */
function checkPerson(world: World, scene: Scene, person: PersonDetail): void {
  const requests = requestsOf(world, scene);
  for (const channel of ['email', 'sms'] as const) {
    const { address, told } = person.consent[channel];
    if (address === null) continue;
    const key = keyOf(channel, address.toLowerCase());
    const { accepted, unknown } = scene.account.told.get(key) ?? { accepted: null, unknown: [] };
    const isRight = scene.account.perhapsForgotten.has(key)
      ? told === null || carrying(requests, { channel, address, value: told }).some(({ guid }) => guid === scene.guid)
      : // A process that stood still may have recorded its answer after all.
        told === accepted || unknown.some((value) => value === told);
    if (!isRight)
      world.wrong(`the page of a person says that Ascent360 accepted ${told} for ${key}, and it accepted ${accepted}`);
  }
  for (const entry of person.timeline) {
    if (entry.kind === 'delivery') {
      if (!['accepted', 'merged', 'skipped', 'attention'].includes(entry.state))
        world.wrong(`once quiet the timeline says that something is ${entry.state}`);
      continue;
    }
    if (entry.kind !== 'decision' || entry.decision !== 'told') continue;
    const { channel, address, value, outcome, times } = entry;
    if (outcome === null && entry.message.includes('under way')) world.wrong('once quiet a flag is under way');
    if (outcome === 'rejected' || outcome === 'connection_problem')
      world.wrong(`the timeline says that a flag was told, and that was answered with ${outcome}`);
    if (outcome !== 'accepted' || address === null) continue;
    const carried = carrying(requests, { channel, address, value });
    if (carried.length < times)
      world.wrong(
        `the timeline says that Ascent360 accepted ${channel}:${address} ${value} ${times} times, and it did ${carried.length} times`,
      );
  }
}

/** Nothing is held on whoever was erased by an address alone. */
export async function checkErased(world: World, { account, domain }: Scene): Promise<void> {
  for (const [address, must] of account.goneAddresses) {
    const page = await openPage(world.page, domain);
    if (must <= account.workedOff && (await page.people(address)).length > 0)
      world.wrong(`${address} was erased, and somebody has it`);
  }
}

/** Once nothing happens any more. */
export async function checkClaims(world: World, scene: Scene): Promise<void> {
  const page = await openPage(world.page, scene.domain);
  await checkOverview(world, scene, page);
  const seen = new Set<string>();
  for (const email of EMAILS) {
    for (const person of await page.people(email)) {
      if (seen.has(person.id)) continue;
      seen.add(person.id);
      checkPerson(world, scene, person);
    }
  }
}
