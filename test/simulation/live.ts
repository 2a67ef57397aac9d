/** Runs one history, and reports what was wrong in it. */

import { countEvents } from '../../server/features/overview/counts.ts';
import { webhook } from './emit.ts';
import { happen } from './happen.ts';
import { DAY, type History, HOUR, MINUTE, SECOND, type Step } from './history.ts';
import { missingOptIns, missingOptOuts, wrongOrders } from './model/check-quiet.ts';
import { missingTagOptOuts } from './model/tags.ts';
import { guidOf, openScene, type Scene } from './scene.ts';
import type { Webhook } from './webhooks.ts';
import type { Violation, World } from './world.ts';

export type Lived = { violations: Violation[]; events: number; flags: number; crashes: number };

/**
 * Jumps in time, each followed by a look at what is due, so that everything is retried, asked again
 * and compared again.
 */
const UNTIL_REST = [3 * SECOND, 2 * MINUTE, 20 * MINUTE, 50 * MINUTE];
const UNTIL_QUIET = [7 * HOUR, 7 * DAY, 20 * MINUTE, DAY];

async function pass(world: World, ms: number, works: boolean): Promise<void> {
  const hops = ms > 10 * MINUTE ? [2 * MINUTE, ms - 2 * MINUTE] : [ms];
  for (const hop of hops) await hopOn(world, hop, works);
}

async function hopOn(world: World, hop: number, works: boolean): Promise<void> {
  world.clock.advance(hop);
  if (works && hop > 0) await world.survive(() => (hop >= MINUTE ? world.process.sweep(hop) : world.work()), true);
}

async function send(world: World, made: readonly Webhook[], step: Step): Promise<void> {
  const { here } = world;
  for (const one of made) {
    if (!here.installed || step.fate === 'lost') continue;
    if (step.fate === 'late') here.air.push(one);
    else await world.survive(() => world.receive(one));
    // The same again, as if Shopify hadn't received the answer.
    if (step.fate === 'twice') await world.survive(() => world.receive(one));
  }
}

async function uninstall(world: World): Promise<void> {
  const { here } = world;
  if (!here.installed) return;
  const now = world.clock.now();
  const told = webhook(here, 'app/uninstalled', { id: 1, myshopify_domain: here.domain }, { at: now, said: [] });
  here.installed = false;
  await world.survive(() => world.receive(told));
}

async function reinstall(world: World): Promise<void> {
  const { here } = world;
  if (here.installed) return;
  world.life.douse();
  // The app was uninstalled for a while, and every webhook about that has arrived.
  world.clock.advance(2 * SECOND);
  for (const one of here.air.filter(({ topic }) => topic === 'app/uninstalled')) await world.receive(one);
  await world.survive(() => world.work());
  here.installed = true;
  const now = world.clock.now();
  const { account } = here;
  account.reinstalledAt = now;
  account.askedSince.clear();
  account.installed = { earliest: now - 10 * MINUTE, latest: now - 10 * MINUTE };
  await world.open();
}

async function saveSettings(world: World, step: Extract<Step, { do: 'settings' }>): Promise<void> {
  const { here } = world;
  world.life.douse();
  const { account } = here;
  if (step.newAccount) {
    here.guid = guidOf(Number(here.guid.slice(-12)) + 1);
    account.accountSince = world.clock.now();
    account.told.clear();
    account.held.clear();
    account.listsTold.clear();
  }
  here.paused = step.paused;
  account.rules = step.rules;
  account.settingsAt = world.clock.now();
  account.leftOrdersOut ||= !step.rules.orders;
  account.place++;
  await world.save(step.rules, step);
}

async function act(world: World, step: Step): Promise<void> {
  const { here } = world;
  switch (step.do) {
    case 'uninstall':
      return await uninstall(world);
    case 'reinstall':
      return await reinstall(world);
    case 'settings':
      return await saveSettings(world, step);
    case 'answers':
      here.answers = [...step.answers];
      return;
    case 'crash':
      world.life.light(step.steps);
      return;
    case 'arrive': {
      const late = here.air[step.which % Math.max(1, here.air.length)];
      if (late) await world.survive(() => world.receive(late));
      return;
    }
    default:
      await send(world, happen(here, step, world.clock.now()), step);
  }
}

/** Everything arrives, everything answers, and time passes. */
async function quieten(world: World): Promise<void> {
  const { here } = world;
  world.life.douse();
  here.answers = [];
  while (here.air[0]) await world.receive(here.air[0]);
  await world.work();
  if (!here.installed) await reinstall(world);
  if (here.paused) {
    here.paused = false;
    await world.save(here.account.rules, { newAccount: false, paused: false });
  }
  for (const hop of UNTIL_REST) await hopOn(world, hop, true);
  for (const what of missingOptIns(here.account, world.clock.now())) world.wrong(`at rest Ascent360 lacks ${what}`);
  for (const hop of UNTIL_QUIET) await hopOn(world, hop, true);
}

/** The truth in Shopify that the comparisons must have found. */
function learnTruth(world: World): void {
  const { here } = world;
  if (!here.installed) return;
  const { account, shopify } = here;
  const place = ++account.place;
  for (const customer of shopify.customers.values()) {
    for (const channel of ['email', 'sms'] as const) {
      const { state, at } = customer.consent[channel];
      const address = (channel === 'email' ? customer.email : customer.phone)?.toLowerCase();
      if (state.toLowerCase() !== 'unsubscribed' || at === null || address === undefined) continue;
      if (at < Math.max(account.installed.latest, here.begunAt)) continue;
      account.facts.push({
        channel,
        address,
        customer: customer.id,
        state: 'unsubscribed',
        level: null,
        from: 'read',
        earliest: at,
        latest: at,
        undatedSince: null,
        addressSince: null,
        may: place,
        must: place,
      });
    }
  }
}

async function checkQuiet(world: World, access: boolean): Promise<void> {
  const { here } = world;
  if (access) learnTruth(world);
  for (const what of missingOptOuts(here.account, world.clock.now())) world.wrong(`once quiet Ascent360 lacks ${what}`);
  for (const what of missingTagOptOuts(here.account)) world.wrong(`once quiet Ascent360 lacks ${what}`);
  for (const what of wrongOrders(here.account)) world.wrong(`once quiet Ascent360 lacks ${what}`);
  const rows = world.look<{ state: string; webhook_id: string }>(
    `SELECT state, webhook_id FROM events WHERE source IN ('webhook', 'flow') AND shop_id = (SELECT id FROM shops WHERE domain = $1)`,
    [here.domain],
  );
  const there = new Set(rows.map((row) => row.webhook_id));
  for (const id of here.acknowledged) if (!there.has(id)) world.wrong(`${id} was acknowledged and is lost`);
  for (const { state, webhook_id } of rows) {
    if (!['accepted', 'merged', 'skipped', 'attention'].includes(state)) world.wrong(`${webhook_id} still is ${state}`);
  }
}

/** The overview's numbers add up, and count everything acknowledged in the last days. */
async function checkCounts(world: World): Promise<void> {
  const { db, shops } = world.process;
  const shop = await shops.ensure(world.here.domain);
  const { counts } = await countEvents(db, shop, 'America/Denver', world.clock.now());
  for (const [span, figures] of Object.entries(counts)) {
    const { received, accepted, merged, skipped, waiting, attention } = figures;
    if (received !== accepted + merged + skipped + waiting + attention)
      world.wrong(`the numbers of ${span} do not add up: ${JSON.stringify(figures)}`);
  }
  const { received } = counts['30d'];
  const { acknowledged, begunAt } = world.here;
  if (world.clock.now() - begunAt < 30 * DAY && received < acknowledged.size)
    world.wrong(`${acknowledged.size} were acknowledged, and ${received} count as received`);
}

function beginScene(world: World, history: History): Scene {
  const now = world.clock.nextHistory();
  world.chance.begin(1);
  const scene = openScene('simulated.myshopify.com', history.rules, now);
  world.workers = history.workers ?? 1;
  world.begin(scene);
  return scene;
}

export async function live(world: World, history: History): Promise<Lived> {
  const before = world.crashes;
  const scene = beginScene(world, history);
  world.access = history.access;
  await world.open();
  await world.save(history.rules, { newAccount: false, paused: false });
  await world.work();
  for (const step of history.steps) {
    await pass(world, step.after + 1, step.work);
    await act(world, step);
    if (step.work) await world.survive(() => world.work(), true);
  }
  await world.survive(async () => await checkCounts(world));
  await quieten(world);
  await checkCounts(world);
  await checkQuiet(world, history.access);
  const flags = world.receiver.requests.reduce((sum, request) => sum + request.flags.length, 0);
  return {
    violations: world.violations,
    events: scene.acknowledged.size,
    flags,
    crashes: world.crashes - before,
  };
}
