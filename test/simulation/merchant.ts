/** What a merchant does in the app. */
import { parseSettings } from '../../server/domain/settings/contract.ts';
import { sendAgain } from '../../server/features/activity/send-again.ts';
import { dismissEvents } from '../../server/store/events/events.ts';
import { noteChangedEnds } from '../../server/store/imports/imports.ts';
import { noteCall } from '../../server/store/shops/installation.ts';
import type { Shop } from '../../server/store/shops/shops.ts';
import type { Step } from './history.ts';
import type { Rules } from './model/account.ts';
import type { Process } from './process.ts';
import type { Scene } from './scene.ts';

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
  { db, settings, shops, wake }: Process,
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
  if (step.do === 'dismiss') {
    await db.transaction(async (sql) => await noteChangedEnds(sql, await dismissEvents(sql, shop, [chosen.id])));
    return;
  }
  const { account } = scene;
  account.mayRepeat = true;
  account.mayGoBare = true;
  account.mayReassert ||= step.reassert;
  await sendAgain({ db, settings, shops, now: Date.now }, shop, [chosen.id], { ...step, dryRun: false });
  wake(shop.id);
}

export async function save(
  process: Process,
  scene: Scene,
  rules: Rules,
  how: { newAccount: boolean; paused: boolean; now: number },
): Promise<void> {
  const { listIds, listsFor, orders, customers } = rules;
  const parsed = parseSettings(
    {
      guid: scene.guid,
      newAccount: how.newAccount,
      consent: { email: rules.email, sms: rules.sms },
      providerType: listIds.length > 0 ? 3 : null,
      listIds,
      listsFor,
      send: { orders, customers },
      mapping: {
        phonePermission: { optIn: 'call-ok', optOut: 'call-stop' },
        addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' },
      },
      paused: how.paused,
    },
    { developmentStore: false },
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  const shop = await process.shops.ensure(scene.domain);
  await process.settings.save(shop, parsed, '42', how.now);
  process.wake(shop.id);
}
