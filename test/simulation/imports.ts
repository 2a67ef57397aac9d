/** The merchant imports: what the buttons of the page do, and whether the numbers add up. */
import { cancelImport } from '../../server/features/imports/cancel.ts';
import { describeImports } from '../../server/features/imports/describe.ts';
import { ACTIVE, changeState, createImport, listImports } from '../../server/store/imports/imports.ts';
import { nothingStored } from '../../server/store/shops/settings.ts';
import type { AdminDeps } from './admin.ts';
import { DAY, type Step } from './history.ts';
import { type ImportFile, learnFile, learnImported } from './model/imports.ts';
import type { Process } from './process.ts';
import { type ImportMade, type Scene, sinceOf } from './scene.ts';

const shopIn = async ({ shops }: Process, scene: Scene) => await shops.ensure(scene.domain);

/** The merchant has an import counted, unless one of its kind is under way. */
export async function importNow(
  process: Process,
  scene: Scene,
  { kind, startsIn }: Pick<Extract<Step, { do: 'import' }>, 'kind' | 'startsIn'>,
  now: number,
): Promise<void> {
  const shop = await shopIn(process, scene);
  const from = kind === 'orders' ? now - 60 * DAY : null;
  const asked = { kind, from, customerIds: null, segmentId: null };
  const id = await process.db.transaction(async (sql) => await createImport(sql, shop, asked, now));
  if (id !== null) scene.imports.push({ id, kind, startsIn, file: null, isOver: false });
}

const underWay = ({ imports }: Scene) => imports.filter(({ isOver }) => !isOver);

/** As the route does: one import of a kind at a time. */
async function start(process: Process, scene: Scene, { id, kind }: ImportMade): Promise<boolean> {
  const { db } = process;
  const shop = await shopIn(process, scene);
  const others = await db.query(
    `SELECT 1 FROM imports WHERE shop_id = $1 AND kind = $2 AND id <> $3 AND state IN ${ACTIVE}`,
    [shop.id, kind, id],
  );
  return others.length === 0 && (await changeState(db, shop, id, { from: ['counted'], to: 'running' }));
}

/** The merchant starts what has been counted, when it is time for it. */
export async function startCounted(process: Process, scene: Scene): Promise<void> {
  for (const one of underWay(scene)) {
    if (one.startsIn !== null && one.startsIn <= 0 && (await start(process, scene, one))) one.startsIn = null;
  }
}

export async function turnImports(process: Process, scene: Scene, to: 'pause' | 'resume' | 'cancel'): Promise<void> {
  const { db } = process;
  const shop = await shopIn(process, scene);
  for (const { id } of underWay(scene)) {
    if (to === 'pause') await changeState(db, shop, id, { from: ['running'], to: 'paused' });
    if (to === 'resume') await changeState(db, shop, id, { from: ['paused'], to: 'running' });
    if (to === 'cancel') await cancelImport(db, shop, id);
  }
}

/** The process was killed while the merchant made an import: it may be there all the same. */
export function adoptImports(scene: Scene, look: <Row extends object>(text: string) => Row[]): void {
  const there = look<Pick<ImportMade, 'id' | 'kind'>>(
    `SELECT id, kind FROM imports WHERE shop_id = (SELECT id FROM shops WHERE domain = '${scene.domain}') ORDER BY id`,
  );
  const known = new Set(scene.imports.map(({ id }) => id));
  for (const one of there) {
    if (!known.has(one.id)) scene.imports.push({ ...one, startsIn: 0, file: null, isOver: false });
  }
}

/** Shopify has written an import's file. */
export function noteFile(scene: Scene, spoken: Parameters<AdminDeps['answered']>[1], now: number): void {
  const job = scene.imports.findLast(({ kind, isOver }) => kind === spoken.bulk && !isOver);
  const file: ImportFile = {
    at: now,
    place: ++scene.account.place,
    people: spoken.customers.map((customer) => {
      const since = sinceOf(scene, customer);
      return { customer: structuredClone(customer), since: { email: since('email'), sms: since('sms') } };
    }),
    orders: structuredClone([...spoken.orders]),
    records: spoken.bulk === 'orders' ? spoken.orders.length : spoken.customers.length,
  };
  learnFile(scene.account, file);
  if (job) job.file = file;
}

/** The model learns what the imports have brought that have ended. */
export function noteEnded(scene: Scene, stateOf: (id: string) => string | undefined): void {
  for (const one of underWay(scene)) {
    const state = stateOf(one.id);
    if (state === 'done' && one.file) learnImported(scene.account, one.file);
    one.isOver = state === undefined || ['done', 'cancelled', 'failed'].includes(state);
  }
}

/**
 * Once nothing happens any more: every started import has ended, each record of its file has ended,
 * and the numbers add up.
 */
export async function wrongImports(process: Process, scene: Scene): Promise<string[]> {
  const { db, settings } = process;
  const shop = await shopIn(process, scene);
  const stored = (await settings.load(shop)) ?? nothingStored;
  const described = await describeImports(db, shop, stored, await listImports(db, shop));
  return described.flatMap(({ id, kind, state, startedAt, done, total, counts }) => {
    const name = `the import of ${kind}`;
    const made = scene.imports.find((one) => one.id === id);
    const skipped = Object.values(counts.skipped).reduce((sum, count) => sum + count, 0);
    const ended = counts.accepted + counts.merged + counts.attention + skipped;
    const wrong: string[] = [];
    if (!made) wrong.push(`${name} that nobody made`);
    if (state === 'running' || state === 'paused' || (state === 'counting' && scene.access))
      wrong.push(`${name} still is ${state}`);
    if (startedAt !== null && (counts.waiting > 0 || ended !== done))
      wrong.push(`the numbers of ${name} do not add up: ${JSON.stringify(counts)}`);
    if (state === 'done' && (done !== total || done !== (made?.file?.records ?? 0)))
      wrong.push(`${name} has ${done} of ${total}, and its file ${made?.file?.records ?? 0}`);
    return wrong;
  });
}
