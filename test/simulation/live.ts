/** Runs one history, and reports what was wrong in it. */

import { checkErased } from './claims.ts';
import { shortened } from './emit.ts';
import { along, happen } from './happen.ts';
import { DAY, type History, MINUTE, type Step } from './history.ts';
import { importNow, startCounted, turnImports } from './imports.ts';
import { again, disconnect, open, save, saveSettings, sendNow, settle, testRecord } from './merchant.ts';
import { expire } from './model/account.ts';
import { checkAllCounts, checkQuiet, hopOn, quieten } from './quiet.ts';
import { customerAt, openScene, type Scene } from './scene.ts';
import { type Arrives, send } from './send.ts';
import { eraseShop, reinstall, uninstall } from './shop-life.ts';
import type { Violation, World } from './world.ts';

export type Lived = { violations: Violation[]; events: number; flags: number; crashes: number };

async function pass(world: World, ms: number, works: boolean): Promise<void> {
  const hops = ms > 10 * MINUTE ? [2 * MINUTE, ms - 2 * MINUTE] : [ms];
  for (const hop of hops) await hopOn(world, hop, works);
}

/** Twice in a history: the merchant pauses sending, and resumes it when what waited has expired. */
async function pauseLong(world: World, scene: Scene): Promise<void> {
  if (!scene.installed) return;
  if (scene.account.paused) {
    // In parts: the app keeps its token alive.
    for (const days of [45, 47]) await hopOn(world, days * DAY, true);
    for (const { account } of world.scenes) expire(account, world.clock.now());
  }
  const { rules, paused } = scene.account;
  await saveSettings(world, scene, { rules, newAccount: false, paused: !paused });
  // If the app was down for half of the time, its token has died.
  if (paused && scene.erasing === 'no') await open(world.page, scene, world.clock.now());
}

/** Somebody about whom the app has never been told by Shopify. */
function hide(scene: Scene, { who, ms }: Extract<Step, { do: 'absent' }>, now: number): void {
  const { id } = customerAt(scene, who, now);
  if (!scene.account.saleWords.some(({ customer }) => customer === id)) scene.absent.set(id, now + ms);
}

/** What the merchant does with imports: only in an app that is installed. */
async function act(world: World, scene: Scene, step: Extract<Step, { do: 'import' | 'turnImport' }>): Promise<void> {
  if (!scene.installed) return;
  const { page, clock } = world;
  if (step.do === 'turnImport') await world.survive(() => turnImports(page, scene, step.to));
  else await world.survive(() => importNow(page, scene, step, clock.now()));
}

async function take(world: World, scene: Scene, step: Step): Promise<void> {
  switch (step.do) {
    case 'uninstall':
      return await uninstall(world, scene);
    case 'reinstall':
      return await reinstall(world, scene);
    case 'eraseShop':
      return await eraseShop(world, scene, step);
    case 'settings':
      return await saveSettings(world, scene, step);
    case 'import':
    case 'turnImport':
      return await act(world, scene, step);
    case 'answers':
      scene.answers = [...step.answers];
      return;
    case 'crash':
      world.life.light(step.steps);
      return;
    case 'resend':
    case 'dismiss':
      if (scene.installed) await world.survive(() => again(world.page, scene, step));
      return;
    case 'settle':
      if (scene.installed) await world.survive(() => settle(world, scene, step));
      return;
    case 'testRecord':
      if (scene.installed) await world.survive(() => testRecord(world, scene));
      return;
    case 'jump':
      world.jump(step.ms);
      return;
    case 'sendPerson': {
      const { id } = customerAt(scene, step.who, world.clock.now());
      if (scene.installed) await world.survive(() => sendNow(world.page, scene, id));
      return;
    }
    case 'disconnect':
      return await disconnect(world, scene);
    case 'outage':
      world.outage = { statements: step.statements, times: step.times, done: step.done };
      return;
    case 'unanswered':
      scene.lapses = [...step.lapses];
      return;
    case 'revoke':
      scene.revoked = scene.mustOpen = scene.access && scene.installed;
      return;
    case 'grant':
      if (scene.installed) await world.survive(() => open(world.page, scene, world.clock.now()));
      return;
    case 'absent':
      hide(scene, step, world.clock.now());
      return;
    case 'rotateKey':
      return await world.rotateKey();
    case 'setClocks':
      world.jump(0);
      world.clocks = step.ahead;
      return;
    case 'longPause':
      return await pauseLong(world, scene);
    case 'arrive': {
      const late = scene.air[step.which % Math.max(1, scene.air.length)];
      if (late) await world.survive(() => world.receive(scene, late));
      return;
    }
    default: {
      const there = new Set(scene.shopify.customers.keys());
      const made = happen(scene, step, world.clock.now());
      const also = step.along ? along(scene, made, there, world.clock.now()) : [];
      const arrives: Arrives = async (one) => void (await world.survive(() => world.receive(scene, one)));
      if (!scene.installed) return;
      if (step.along === 'before') await send(scene, also, 'comes', arrives);
      await send(scene, step.short ? made.map(shortened) : made, step.fate, arrives);
      if (step.along === 'after') await send(scene, also, 'comes', arrives);
    }
  }
}

/** What takes long, or is not about what somebody does, has no part in which an answer is on its way. */
const ALONE: ReadonlySet<Step['do']> = new Set([
  ...(['reinstall', 'eraseShop', 'longPause', 'answers', 'crash', 'outage', 'unanswered'] as const),
  ...(['revoke', 'absent', 'rotateKey', 'setClocks', 'jump'] as const),
]);

async function takeInTime(world: World, scene: Scene, step: Step): Promise<void> {
  if (step.amid && !ALONE.has(step.do)) world.amid[step.amid].push(async () => await take(world, scene, step));
  else await take(world, scene, step);
}

/** The merchant starts what was counted when its time has come. */
async function startImports(world: World): Promise<void> {
  for (const scene of world.scenes) {
    if (!scene.installed || scene.imports.length === 0) continue;
    await world.survive(() => startCounted(world.page, scene));
    for (const one of scene.imports) if (one.startsIn !== null) one.startsIn--;
  }
}

async function begin(world: World, { access, rules, second, ...how }: History): Promise<void> {
  const { workers = 1, batch = null, refused = 0, poisoned = false, clocks = [], behind = 0 } = how;
  const now = world.clock.nextHistory();
  world.chance.begin(1);
  world.workers = workers;
  world.batch = batch;
  world.clocks = clocks;
  world.behind = behind;
  world.begin(
    [{ access, rules }, ...(second ? [second] : [])].map((one, number) => openScene(number, { ...one, behind }, now)),
  );
  for (const scene of world.scenes) {
    scene.answers = Array.from({ length: refused }, () => '400' as const);
    if (poisoned && scene.number === 0) scene.poisoned = scene.places[0] ?? null;
    await open(world.page, scene, now);
    await save(world.page, scene, scene.account.rules, { newAccount: false, paused: false, now });
  }
  await world.work();
}

/** After these the app looks for what is due. */
const SWEPT: ReadonlySet<Step['do']> = new Set(['import', 'rotateKey']);

async function play(world: World, history: History): Promise<void> {
  await begin(world, history);
  for (const step of history.steps) {
    const scene = world.scenes[step.shop ?? 0] ?? world.scenes[0];
    if (!scene) throw new Error('A history has a shop');
    await pass(world, step.after + 1, step.work);
    await startImports(world);
    await takeInTime(world, scene, step);
    if (!step.work) continue;
    await world.survive(() => (SWEPT.has(step.do) ? world.process.sweep(0) : world.work()), true);
    for (const one of world.scenes) await checkErased(world, one);
  }
  // Nobody was asked any more.
  for (const event of [...world.amid.shopify.splice(0), ...world.amid.ascent360.splice(0)]) {
    world.clock.advance(1);
    await world.survive(event);
  }
  await world.survive(async () => await checkAllCounts(world));
  await quieten(world);
  await checkAllCounts(world);
  await checkQuiet(world);
}

export async function live(world: World, history: History): Promise<Lived> {
  const before = world.crashes;
  try {
    await play(world, history);
  } catch (error) {
    world.fail(error);
  }
  return {
    violations: world.violations,
    events: world.scenes.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0),
    flags: world.receiver.requests.reduce((sum, request) => sum + request.flags.length, 0),
    crashes: world.crashes - before,
  };
}
