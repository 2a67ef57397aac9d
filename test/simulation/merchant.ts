/** What a merchant does in the app. */
import { parseSettings } from '../../server/domain/settings/contract.ts';
import { sendAgain } from '../../server/features/activity/send-again.ts';
import { findPeople } from '../../server/features/people/find.ts';
import { sendPerson } from '../../server/features/people/send.ts';
import { dismissEvents } from '../../server/store/events/events.ts';
import { noteChangedEnds } from '../../server/store/imports/imports.ts';
import { noteCall } from '../../server/store/shops/installation.ts';
import { removeGuid, saveSettings as saveDocument } from '../../server/store/shops/settings.ts';
import type { Shop } from '../../server/store/shops/shops.ts';
import type { Step } from './history.ts';
import type { Rules } from './model/account.ts';
import { MAPPED } from './model/tags.ts';
import { openPage } from './page.ts';
import type { Process } from './process.ts';
import { changeGuid, type Scene } from './scene.ts';
import { change } from './versions.ts';
import type { World } from './world.ts';

/** As every call of the page: an erased shop is looked up again. */
async function call(process: Process, scene: Scene, now: number): Promise<Shop> {
  const shop = await process.shops.ensure(scene.domain);
  const noted = await noteCall(process.db, shop, { earliest: now, latest: now });
  if (noted !== 'erased') return shop;
  process.shops.forget(shop);
  return await call(process, scene, now);
}

/** The merchant opens the app, which gets a token if Shopify can be asked. */
export async function open(process: Process, scene: Scene, now: number): Promise<void> {
  const shop = await call(process, scene, now);
  scene.shopId = shop.id;
  scene.revoked = false;
  if (scene.access) await process.exchange(shop);
  process.wake(shop.id);
}

/** The merchant resends an event, or dismisses one. */
export async function again(
  { db, shops, wake }: Process,
  scene: Scene,
  step: Extract<Step, { do: 'resend' | 'dismiss' }>,
): Promise<void> {
  const shop = await shops.ensure(scene.domain);
  const rows = await db.query<{ id: string }>(
    `SELECT id FROM events WHERE shop_id = $1 AND (state = 'attention' OR $2) ORDER BY id`,
    [shop.id, step.do === 'resend'],
  );
  const chosen = rows[step.which % Math.max(1, rows.length)];
  if (!chosen) return;
  const ids = step.do === 'resend' && step.all ? rows.map(({ id }) => id) : [chosen.id];
  if (step.do === 'dismiss') {
    scene.hasDismissed = true;
    await db.transaction(async (sql) => await noteChangedEnds(sql, await dismissEvents(sql, shop, [chosen.id])));
    return;
  }
  const { account } = scene;
  account.mayRepeat = true;
  account.mayGoBare = true;
  account.mayReassert ||= step.reassert;
  await sendAgain({ db, now: Date.now }, shop, ids, { reassert: step.reassert, dryRun: false });
  wake(shop.id);
}

export async function save(
  process: Process,
  scene: Scene,
  rules: Rules,
  how: { newAccount: boolean; paused: boolean; now: number },
): Promise<void> {
  const { listIds, listsFor, orders, customers, everyOrder, noDetails } = rules;
  const { phone, postal } = MAPPED[rules.tags];
  const parsed = parseSettings(
    {
      guid: scene.guid,
      newAccount: how.newAccount,
      consent: { email: rules.email, sms: rules.sms },
      providerType: listIds.length > 0 ? 3 : null,
      listIds,
      listsFor,
      format: rules.xml ? 'xml' : 'json',
      send: {
        orders,
        customers,
        orderDetails: !noDetails,
        testOrders: everyOrder,
        excludeChannels: everyOrder ? [] : ['POS'],
      },
      mapping: { phonePermission: phone, addressPermission: postal },
      paused: how.paused,
    },
    { developmentStore: false },
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const shop = await process.shops.ensure(scene.domain);
  await saveDocument(process.db, shop, parsed, { who: '42', now: how.now });
  process.wake(shop.id);
}

/** The merchant sends somebody whom the app knows. */
export async function sendNow({ db, shops, wake }: Process, scene: Scene, id: number): Promise<void> {
  const shop = await shops.ensure(scene.domain);
  const [person] = await findPeople(db, shop, String(id), null);
  if (!person) return;
  const { account } = scene;
  account.mayRepeat = true;
  account.mayGoBare = true;
  await sendPerson(db, shop, person.id, Date.now());
  wake(shop.id);
}

/** The merchant resends or dismisses what needs attention for one reason, and nothing else. */
export async function settle(world: World, scene: Scene, { how, reason }: Extract<Step, { do: 'settle' }>) {
  const { account, domain, shopId } = scene;
  if (how === 'dismiss') scene.hasDismissed = true;
  else account.mayRepeat = account.mayGoBare = true;
  const attention = () =>
    world.look<{ id: string; reason: string }>(
      `SELECT id, reason FROM events WHERE shop_id = $1 AND state = 'attention' ORDER BY id`,
      [shopId ?? 0],
    );
  const others = attention().filter((one) => one.reason !== reason);
  const page = await openPage(world.page, domain);
  await page.settle(how, reason);
  const left = new Set(attention().map(({ id }) => id));
  for (const one of others.filter(({ id }) => !left.has(id)))
    world.wrong(`what needs attention as ${one.reason} doesn't any more, and ${reason} was meant`);
}

/** The merchant sends a test record: if Ascent360 accepts it, nothing says any more that it doesn't. */
export async function testRecord(world: World, scene: Scene): Promise<void> {
  if (!scene.account.connected) return;
  const page = await openPage(world.page, scene.domain);
  const { outcome } = await page.testRecord(`owner@${scene.domain}`);
  if (outcome !== 'accepted' || !scene.account.connected) return;
  const { connection } = await page.overview();
  const down = connection.state === 'problem' || JSON.stringify(connection).includes('wait.down');
  if (down) world.wrong(`Ascent360 accepted a test record, and the overview says: ${connection.message}`);
}

/** The merchant erases the GUID. Nobody dies meanwhile. */
export async function disconnect(world: World, scene: Scene): Promise<void> {
  if (scene.erased || scene.erasing !== 'no') return;
  world.life.douse();
  const saved = change(scene, (account) => {
    account.connected = false;
  });
  const { db, shops } = world.page;
  await removeGuid(db, await shops.ensure(scene.domain), { who: '42', now: world.clock.now() });
  saved();
}

type Saved = Pick<Extract<Step, { do: 'settings' }>, 'rules' | 'newAccount' | 'paused' | 'guid'>;

/** The merchant saves other settings. Nobody dies meanwhile. */
export async function saveSettings(world: World, scene: Scene, step: Saved): Promise<void> {
  if (scene.erased || scene.erasing !== 'no') return;
  world.life.douse();
  const now = world.clock.now();
  const first = step.guid === 'first' ? (scene.former[0]?.guid ?? scene.guid) : scene.guid;
  const newAccount = step.newAccount || first !== scene.guid;
  const saved = change(scene, (account) => {
    if (first !== scene.guid) scene.guid = first;
    else if (newAccount || step.guid === 'other') changeGuid(scene);
    if (newAccount) {
      account.accountSince = now;
      account.told = new Map();
      account.held = new Map();
      account.listsTold = new Map();
      account.contents = new Map();
    }
    account.paused = step.paused;
    account.connected = true;
    account.rules = step.rules;
    account.settingsAt = now;
    account.leftOrdersOut ||= !step.rules.orders || step.rules.noDetails;
    account.mayGoBare ||= step.rules.noDetails;
    // What is stored and not translated yet is not left out any more.
    if (step.rules.everyOrder)
      account.facts = account.facts.map((one) => (one.unusual ? { ...one, may: account.place } : one));
  });
  await save(world.page, scene, step.rules, { newAccount, paused: step.paused, now });
  saved();
}
