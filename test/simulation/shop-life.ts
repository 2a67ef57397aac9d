/** A shop uninstalls the app, comes back, or is erased. */
import { webhook } from './emit.ts';
import { DAY, MINUTE, SECOND, type Step } from './history.ts';
import { open, save } from './merchant.ts';
import { openAccount } from './model/account.ts';
import type { Scene } from './scene.ts';
import { send } from './send.ts';
import { renew } from './versions.ts';
import type { World } from './world.ts';

export async function uninstall(world: World, scene: Scene): Promise<void> {
  if (!scene.installed) return;
  const now = world.clock.now();
  const told = webhook(
    scene,
    'app/uninstalled',
    { id: 1, myshopify_domain: scene.domain },
    { at: now, said: [{ says: 'uninstalled' }] },
  );
  scene.installed = false;
  scene.leftAt = now;
  // Shopify has long given up an older request.
  scene.air = scene.air.filter(({ topic }) => topic !== 'shop/redact');
  await world.survive(() => world.receive(scene, told));
}

/** What is still to arrive, arrives, and is handled. */
async function arriveAll(world: World, scene: Scene, isMeant: (topic: string) => boolean): Promise<void> {
  for (const one of scene.air.filter(({ topic }) => isMeant(topic))) await world.receive(scene, one);
  await world.survive(() => world.process.sweep(0), true);
}

export async function reinstall(world: World, scene: Scene): Promise<void> {
  if (scene.installed) return;
  world.life.douse();
  world.heal();
  // The app was uninstalled for a while, and every webhook about that has arrived.
  world.clock.advance(2 * SECOND);
  const isPerhapsErased = scene.erasing === 'perhaps';
  await arriveAll(world, scene, (topic) => topic === 'app/uninstalled' || (isPerhapsErased && topic === 'shop/redact'));
  if (scene.erasing !== 'no') world.wrong('the shop was to be erased, and is there');
  for (const what of stillOpen(world, scene)) world.wrong(what);
  scene.installed = true;
  const now = world.clock.now();
  if (scene.erased) {
    await comeBack(world, scene, now);
    return;
  }
  const { account } = scene;
  account.reinstalledAt = now;
  account.reinstalledPlace = account.place;
  account.uninstalledFrom = null;
  account.contents.clear();
  account.installed = { earliest: now - 10 * MINUTE, latest: now - 10 * MINUTE };
  await open(world.page, scene, now);
}

/** What waited when the app was uninstalled has ended, unless a process that died was sending it. */
function stillOpen(world: World, { domain }: Scene): string[] {
  return world
    .look<{ webhook_id: string }>(
      `SELECT e.webhook_id FROM events e JOIN deliveries d ON d.event_id = e.id
       WHERE e.shop_id = (SELECT id FROM shops WHERE domain = $1) AND e.state = 'open' AND d.lease_until IS NULL`,
      [domain],
    )
    .map(({ webhook_id }) => `${webhook_id} still waits, and the app was uninstalled`);
}

/** An erased shop is new, and connects anew. */
async function comeBack(world: World, scene: Scene, now: number): Promise<void> {
  const { rules, behind } = scene.account;
  scene.erased = false;
  scene.wasErased = true;
  renew(scene, openAccount(rules, now, behind));
  await open(world.page, scene, now);
  await save(world.page, scene, rules, { newAccount: false, paused: false, now });
}

/** Shopify gives a webhook up after some hours, and asks to erase the shop after two days. */
export async function eraseShop(world: World, scene: Scene, step: Step): Promise<void> {
  await uninstall(world, scene);
  if (scene.erased || scene.erasing !== 'no') return;
  scene.air = scene.air.filter(({ topic }) => topic === 'app/uninstalled');
  // As often as it takes: two days later Shopify tells nobody any more.
  while (scene.air.length > 0) for (const one of [...scene.air]) await world.survive(() => world.receive(scene, one));
  world.clock.advance(Math.max(0, scene.leftAt + 2 * DAY - world.clock.now()));
  const now = world.clock.now();
  const body = { shop_id: 1, shop_domain: scene.domain };
  const request = webhook(scene, 'shop/redact', body, { at: now, said: [] });
  await send(scene, [request], step.fate, async (one) => void (await world.survive(() => world.receive(scene, one))));
}
