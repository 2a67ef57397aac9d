/** The end of a history: everything arrives, everything answers, and what must be then is checked. */
import { countEvents } from '../../server/features/overview/counts.ts';
import { checkClaims, checkOptOuts } from './claims.ts';
import { WHATSAPP } from './emit.ts';
import { checkExports } from './exports.ts';
import { DAY, HOUR, MINUTE, SECOND } from './history.ts';
import { startCounted, turnImports, wrongImports } from './imports.ts';
import { open, saveSettings } from './merchant.ts';
import { missingOptIns, missingOptOuts, wrongOrders } from './model/check-quiet.ts';
import { MAPPED, missingTagOptOuts } from './model/tags.ts';
import type { Scene } from './scene.ts';
import { leftOfErased } from './shop-erasure.ts';
import { reinstall } from './shop-life.ts';
import type { World } from './world.ts';

/**
 * Jumps in time, each followed by a look at what is due, so that everything is retried, asked again
 * and compared again. Before a check, what was put off until the rest of its batch is translated goes out.
 */
const UNTIL_REST = [3 * SECOND, 2 * MINUTE, 20 * MINUTE, 50 * MINUTE, SECOND];
const UNTIL_COMPARED = [7 * HOUR, SECOND];
const UNTIL_QUIET = [7 * DAY, 20 * MINUTE, DAY];

/** Time passes, and what is due then is done. */
export async function hopOn(world: World, hop: number, works: boolean): Promise<void> {
  world.clock.advance(hop);
  if (!works || hop === 0) return;
  const begun = world.clock.now();
  const isImporting = world.scenes.some(({ imports }) => imports.some(({ isOver }) => !isOver));
  const survived = await world.survive(
    () => (hop >= MINUTE || isImporting ? world.process.sweep(hop) : world.work()),
    true,
  );
  if (!survived || hop < 20 * MINUTE) return;
  // The daily look at the ledger has found what was due, unless other settings came while all that was done.
  for (const scene of world.scenes) if (scene.account.settingsAt < begun) await checkOptOuts(world, scene);
}

/** Everything about the shop arrives, and the merchant stops nothing any more. */
async function calm(world: World, scene: Scene): Promise<void> {
  scene.answers = [];
  scene.poisoned = null;
  while (scene.air[0]) await world.receive(scene, scene.air[0]);
  await world.survive(() => world.process.sweep(0), true);
  if (scene.erased) return;
  if (!scene.installed) await reinstall(world, scene);
  const { paused, connected, rules } = scene.account;
  if (paused || !connected) await saveSettings(world, scene, { rules, newAccount: false, paused: false });
  await turnImports(world.page, scene, 'resume');
}

/** What says nothing about anybody. */
const LIFECYCLE = new Set(['shop/update', 'app/scopes_update']);

const present = ({ scenes }: World) => scenes.filter(({ erased }) => !erased);

async function rest(world: World, hop: number): Promise<void> {
  for (const scene of present(world)) await startCounted(world.page, scene);
  await hopOn(world, hop, true);
}

export async function quieten(world: World): Promise<void> {
  world.life.douse();
  world.heal();
  for (const scene of world.scenes) await calm(world, scene);
  for (const hop of UNTIL_REST) await rest(world, hop);
  checkRest(world);
  for (const scene of present(world)) await regrant(world, scene);
  for (const hop of UNTIL_COMPARED) await rest(world, hop);
  checkRestOfOptOuts(world);
  for (const hop of UNTIL_QUIET) await rest(world, hop);
}

/** What was due when its event arrived, or an answer of Shopify told of it, waits for no daily check. */
function checkRestOfOptOuts(world: World): void {
  for (const { account } of present(world)) {
    // What has expired goes out with the daily check.
    if (account.expiredTo > 0) continue;
    const isDemanded = (key: string) => !account.failed.has(key);
    const lacks = [
      ...missingOptOuts(account, world.clock.now(), isDemanded),
      ...missingTagOptOuts(account, isDemanded),
    ];
    for (const what of lacks) world.wrong(`at rest Ascent360 lacks ${what}`);
  }
}

function checkRest(world: World): void {
  for (const { account } of present(world))
    for (const what of missingOptIns(account, world.clock.now())) world.wrong(`at rest Ascent360 lacks ${what}`);
  checkRestOfOptOuts(world);
}

/** While Shopify can't be asked, nothing waits for its answer. Then somebody opens the app. */
async function regrant(world: World, scene: Scene): Promise<void> {
  if (scene.revoked) {
    const parked = world.look<{ webhook_id: string }>(
      `SELECT e.webhook_id FROM parked_events p JOIN events e ON e.id = p.event_id WHERE p.shop_id = $1`,
      [scene.shopId ?? 0],
    );
    for (const { webhook_id } of parked) world.wrong(`${webhook_id} waits for Shopify, which can't be asked`);
  }
  if (!scene.mustOpen) return;
  scene.mustOpen = false;
  // An exchange during which the process died blocks the next one for a while.
  world.clock.advance(MINUTE);
  await open(world.page, scene, world.clock.now());
}

/** The truth in Shopify that the comparisons must have found. */
function learnTruth({ installed, account, shopify, begunAt }: Scene, now: number): void {
  if (!installed) return;
  const place = ++account.place;
  for (const customer of shopify.customers.values()) {
    for (const mapped of Object.values(MAPPED[account.rules.tags])) {
      if (!mapped) continue;
      const tag = mapped.optOut;
      const word = { customer: customer.id, tag, present: true, at: now, dated: false, may: place, must: place };
      if (customer.tags.has(tag)) account.tagWords.push(word);
    }
    for (const channel of ['email', 'sms'] as const) {
      const { state, at } = customer.consent[channel];
      const address = (channel === 'email' ? customer.email : customer.phone)?.toLowerCase();
      if (state.toLowerCase() !== 'unsubscribed' || at === null || address === undefined) continue;
      if (at < Math.max(account.installed.latest, begunAt)) continue;
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

/** Whom Shopify didn't have when the app first asked about them has been asked about again. */
function unasked({ absent, access, account, asked, shopify }: Scene): string[] {
  return [...absent.keys()]
    .filter((id) => access && account.met.has(id) && shopify.customers.has(id) && !asked.has(id))
    .map((id) => `customer ${id}, whom Shopify didn't have at first, was never read`);
}

function checkEvents(world: World, { domain, acknowledged }: Scene): void {
  const rows = world.look<{ state: string; webhook_id: string; topic: string }>(
    `SELECT state, webhook_id, topic FROM events WHERE source IN ('webhook', 'flow') AND shop_id = (SELECT id FROM shops WHERE domain = $1)`,
    [domain],
  );
  const there = new Set(rows.map((row) => row.webhook_id));
  for (const id of acknowledged) if (!there.has(id)) world.wrong(`${id} was acknowledged and is lost`);
  for (const { state, webhook_id, topic } of rows) {
    if (!['accepted', 'merged', 'skipped', 'attention'].includes(state)) world.wrong(`${webhook_id} still is ${state}`);
    if (LIFECYCLE.has(topic) && state !== 'skipped') world.wrong(`${webhook_id}, ${topic}, is ${state}`);
    // One that was shortened may stay unreadable.
    if (topic === WHATSAPP && (state === 'accepted' || state === 'merged'))
      world.wrong(`${webhook_id}, about WhatsApp, is ${state}`);
  }
}

/** The overview's numbers add up, and count everything acknowledged in the last days. */
async function checkCounts(world: World, scene: Scene): Promise<void> {
  const { db, shops } = world.process;
  const shop = await shops.ensure(scene.domain);
  const { counts } = await countEvents(db, shop, 'America/Denver', world.clock.now());
  for (const [span, figures] of Object.entries(counts)) {
    const { received, accepted, merged, skipped, waiting, attention } = figures;
    if (received !== accepted + merged + skipped + waiting + attention)
      world.wrong(`the numbers of ${span} do not add up: ${JSON.stringify(figures)}`);
  }
  const { received } = counts['30d'];
  const { acknowledged, begunAt } = scene;
  if (world.clock.now() - begunAt < 30 * DAY && received < acknowledged.size)
    world.wrong(`${acknowledged.size} were acknowledged, and ${received} count as received`);
}

export async function checkAllCounts(world: World): Promise<void> {
  for (const scene of present(world)) await checkCounts(world, scene);
}

export async function checkQuiet(world: World): Promise<void> {
  const now = world.clock.now();
  for (const scene of present(world)) {
    const { account, access, erasing } = scene;
    if (access) learnTruth(scene, now);
    const lacks = [...missingOptOuts(account, now), ...missingTagOptOuts(account), ...wrongOrders(account)];
    for (const what of lacks) world.wrong(`once quiet Ascent360 lacks ${what}`);
    checkEvents(world, scene);
    for (const what of await wrongImports(world.process, scene)) world.wrong(what);
    for (const what of unasked(scene)) world.wrong(what);
    await checkClaims(world, scene);
    await checkExports(world, scene);
    if (erasing !== 'no') world.wrong('the shop was to be erased, and is there');
  }
  for (const table of leftOfErased(world.scenes, world.look)) world.wrong(`rows of an erased shop in ${table}`);
}
