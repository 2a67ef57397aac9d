/** Runs one history, and reports what was wrong in it. */

import { shortened } from './emit.ts';
import { happen } from './happen.ts';
import { DAY, type History, MINUTE, type Step } from './history.ts';
import { importNow, startCounted, turnImports } from './imports.ts';
import { again, open, save } from './merchant.ts';
import { expire } from './model/account.ts';
import { checkAllCounts, checkQuiet, hopOn, quieten } from './quiet.ts';
import { changeGuid, customerAt, openScene, type Scene } from './scene.ts';
import { type Arrives, send } from './send.ts';
import { eraseShop, reinstall, uninstall } from './shop-life.ts';
import type { Violation, World } from './world.ts';

export type Lived = { violations: Violation[]; events: number; flags: number; crashes: number };

async function pass(world: World, ms: number, works: boolean): Promise<void> {
  const hops = ms > 10 * MINUTE ? [2 * MINUTE, ms - 2 * MINUTE] : [ms];
  for (const hop of hops) await hopOn(world, hop, works);
}

type Saved = Pick<Extract<Step, { do: 'settings' }>, 'rules' | 'newAccount' | 'paused'>;
async function saveSettings(world: World, scene: Scene, step: Saved): Promise<void> {
  if (scene.erased || scene.erasing !== 'no') return;
  world.life.douse();
  const { account } = scene;
  const now = world.clock.now();
  if (step.newAccount) {
    changeGuid(scene);
    account.accountSince = now;
    account.told.clear();
    account.held.clear();
    account.listsTold.clear();
    account.contents.clear();
  }
  scene.paused = step.paused;
  account.rules = step.rules;
  account.settingsAt = now;
  account.leftOrdersOut ||= !step.rules.orders;
  account.place++;
  await save(world.process, scene, step.rules, { ...step, now });
}

/** Twice in a history: the merchant pauses sending, and resumes it when what waited has expired. */
async function pauseLong(world: World, scene: Scene): Promise<void> {
  if (!scene.installed) return;
  if (scene.paused) {
    // In parts: the app keeps its token alive.
    for (const days of [45, 47]) await hopOn(world, days * DAY, true);
    for (const { account } of world.scenes) expire(account, world.clock.now());
  }
  const { rules } = scene.account;
  await saveSettings(world, scene, { rules, newAccount: false, paused: !scene.paused });
}

/** Somebody about whom the app has never been told by Shopify. */
function hide(scene: Scene, { who, ms }: Extract<Step, { do: 'absent' }>, now: number): void {
  const { id } = customerAt(scene, who, now);
  if (!scene.account.saleWords.some(({ customer }) => customer === id)) scene.absent.set(id, now + ms);
}

/** What the merchant does with imports: only in an app that is installed. */
async function act(world: World, scene: Scene, step: Extract<Step, { do: 'import' | 'turnImport' }>): Promise<void> {
  if (!scene.installed) return;
  const { process, clock } = world;
  if (step.do === 'turnImport') await world.survive(() => turnImports(process, scene, step.to));
  else await world.survive(() => importNow(process, scene, step, clock.now()));
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
      if (scene.installed) await world.survive(() => again(world.process, scene, step));
      return;
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
      if (scene.installed) await world.survive(() => open(world.process, scene, world.clock.now()));
      return;
    case 'absent':
      hide(scene, step, world.clock.now());
      return;
    case 'rotateKey':
      return await world.rotateKey();
    case 'longPause':
      return await pauseLong(world, scene);
    case 'arrive': {
      const late = scene.air[step.which % Math.max(1, scene.air.length)];
      if (late) await world.survive(() => world.receive(scene, late));
      return;
    }
    default: {
      const event = async (arrives: Arrives) => {
        const made = happen(scene, step, world.clock.now());
        if (scene.installed) await send(scene, step.short ? made.map(shortened) : made, step.fate, arrives);
      };
      if (step.amid) world.amid.push(async () => await event(async (one) => await world.receive(scene, one)));
      else await event(async (one) => void (await world.survive(() => world.receive(scene, one))));
    }
  }
}

/** The merchant starts what was counted when its time has come. */
async function startImports(world: World): Promise<void> {
  for (const scene of world.scenes) {
    if (!scene.installed || scene.imports.length === 0) continue;
    await world.survive(() => startCounted(world.process, scene));
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
    await open(world.process, scene, now);
    await save(world.process, scene, scene.account.rules, { newAccount: false, paused: false, now });
  }
  await world.work();
}

/** After these the app looks for what is due. */
const SWEPT: ReadonlySet<Step['do']> = new Set(['import', 'rotateKey']);

export async function live(world: World, history: History): Promise<Lived> {
  const before = world.crashes;
  await begin(world, history);
  for (const step of history.steps) {
    const scene = world.scenes[step.shop ?? 0] ?? world.scenes[0];
    if (!scene) throw new Error('A history has a shop');
    await pass(world, step.after + 1, step.work);
    await startImports(world);
    await take(world, scene, step);
    if (step.work) await world.survive(() => (SWEPT.has(step.do) ? world.process.sweep(0) : world.work()), true);
  }
  // Shopify wasn't asked any more.
  for (const event of world.amid.splice(0)) {
    world.clock.advance(1);
    await world.survive(event);
  }
  await world.survive(async () => await checkAllCounts(world));
  await quieten(world);
  await checkAllCounts(world);
  await checkQuiet(world);
  return {
    violations: world.violations,
    events: world.scenes.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0),
    flags: world.receiver.requests.reduce((sum, request) => sum + request.flags.length, 0),
    crashes: world.crashes - before,
  };
}
