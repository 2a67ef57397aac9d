/** The merchant imports: what the buttons of the page do, and whether the numbers add up. */
import { cancelImport } from '../../server/features/imports/cancel.ts';
import { describeImports } from '../../server/features/imports/describe.ts';
import { ACTIVE, changeState, createImport, listImports } from '../../server/store/imports/imports.ts';
import { loadSettings, nothingStored } from '../../server/store/shops/settings.ts';
import type { Spoken } from './admin.ts';
import { DAY, HOUR, type Step } from './history.ts';
import { type ImportFile, learnFile, learnImported } from './model/imports.ts';
import type { Process } from './process.ts';
import { type ImportMade, type Scene, sinceOf } from './scene.ts';
import { type Customer, isMember, keptOf, segmentOf } from './shopify.ts';

const shopIn = async ({ shops }: Process, scene: Scene) => await shops.ensure(scene.domain);

/** The merchant has an import counted, unless one of its kind is under way. */
export async function importNow(
  process: Process,
  scene: Scene,
  { kind, startsIn, scope = 'all' }: Pick<Extract<Step, { do: 'import' }>, 'kind' | 'startsIn' | 'scope'>,
  now: number,
): Promise<void> {
  const shop = await shopIn(process, scene);
  const some = kind === 'customers' && typeof scope === 'object' ? scope : null;
  const from = scope === 'recent' ? now - HOUR : kind === 'orders' ? now - 60 * DAY : null;
  const customerIds = some?.by === 'list' ? some.people.map((place) => String(scene.places[place])) : null;
  const segmentId = some?.by === 'segment' ? segmentOf(some.people) : null;
  const asked = { kind, from, customerIds, segmentId };
  const isListed = (customer: number) =>
    customerIds?.includes(String(customer)) || (segmentId !== null && isMember(Number(segmentId), customer));
  const listed = [...scene.shopify.customers.keys()].filter(isListed);
  const id = await process.db.transaction(async (sql) => await createImport(sql, shop, asked, now));
  const named = customerIds?.map(Number) ?? listed;
  if (id !== null) scene.imports.push({ id, kind, startsIn, from, listed, named, files: [], isOver: false });
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
  const there = look<Pick<ImportMade, 'id' | 'kind'> & { from_at: Date | null }>(
    `SELECT id, kind, from_at FROM imports WHERE shop_id = (SELECT id FROM shops WHERE domain = '${scene.domain}') ORDER BY id`,
  );
  const known = new Set(scene.imports.map(({ id }) => id));
  for (const { id, kind, from_at } of there) {
    const from = from_at?.getTime() ?? null;
    if (!known.has(id))
      scene.imports.push({ id, kind, startsIn: 0, from, listed: [], named: [], files: [], isOver: false });
  }
}

/**
 * What Shopify said for an import: in a file, or about those in its list.
 * @returns whether the app keeps it
 */
export function noteSaid(scene: Scene, spoken: Spoken, now: number, isRunning: (id: string) => boolean): boolean {
  const isListed = spoken.bulk === null;
  const job = isListed
    ? underWay(scene).find(({ id, kind }) => kind === 'customers' && isRunning(id))
    : underWay(scene).findLast(({ kind }) => kind === spoken.bulk);
  // Of what is read to be counted nothing is kept.
  if (isListed && !job) return false;
  const isWanted = ({ updatedAt }: Customer) => spoken.bulk !== 'customers' || updatedAt >= (job?.from ?? updatedAt);
  const customers = spoken.customers.filter(isWanted);
  const file: ImportFile = {
    at: now,
    place: ++scene.account.place,
    people: customers.map((customer) => ({ customer: structuredClone(customer), since: sinceOf(scene, customer) })),
    orders: structuredClone([...spoken.orders]),
  };
  learnFile(scene.account, file);
  for (const { id } of customers) scene.asked.add(id);
  if (!job) return true;
  // Whoever is asked for once more: the answer before was lost.
  const again = new Set(customers.map(({ id }) => id));
  const before = job.files.map((one) => ({
    ...one,
    people: one.people.filter(({ customer }) => !again.has(customer.id)),
  }));
  job.files = [...(isListed ? before : []), file];
  return true;
}

const hasIn = ({ files }: ImportMade, id: number) =>
  files.some(({ people }) => people.some(({ customer }) => customer.id === id));

const recordsIn = ({ kind, files }: ImportMade) =>
  files.reduce((sum, { people, orders }) => sum + (kind === 'orders' ? orders.length : people.length), 0);

/** Those in its list who are gone by now: if Shopify's answer about them was lost, it says nothing of them again. */
const goneIn = ({ files, named }: ImportMade, { customers }: Scene['shopify']) =>
  named.length === 0
    ? 0
    : files.reduce((sum, { people }) => sum + people.filter(({ customer }) => !customers.has(customer.id)).length, 0);

/** Those in its list who were merged into another are read as that one, who may have a line, too. */
const repeatsIn = (one: ImportMade, shopify: Scene['shopify']) =>
  one.named.filter((id) => shopify.mergedInto.has(id) && hasIn(one, keptOf(shopify, id))).length;

/** The model learns what the imports have brought that have ended. */
export function noteEnded(scene: Scene, stateOf: (id: string) => string | undefined): void {
  for (const one of underWay(scene)) {
    const state = stateOf(one.id);
    if (state === 'done') for (const file of one.files) learnImported(scene.account, file);
    if (state === 'done') one.left = one.listed.filter((id) => scene.shopify.customers.has(id) && !hasIn(one, id));
    one.isOver = state === undefined || ['done', 'cancelled', 'failed'].includes(state);
  }
}

/**
 * Once nothing happens any more: every started import has ended, each record of its file has ended,
 * and the numbers add up.
 */
export async function wrongImports(process: Process, scene: Scene): Promise<string[]> {
  const { db } = process;
  const shop = await shopIn(process, scene);
  const stored = (await loadSettings(db, shop)) ?? nothingStored;
  const described = await describeImports(db, shop, stored, await listImports(db, shop));
  return described.flatMap(({ id, kind, state, startedAt, done, total, counts }) => {
    const name = `the import of ${kind}`;
    const made = scene.imports.find((one) => one.id === id);
    const skipped = Object.values(counts.skipped).reduce((sum, count) => sum + count, 0);
    const ended = counts.accepted + counts.merged + counts.attention + skipped;
    const wrong: string[] = [];
    if (!made) wrong.push(`${name} that nobody made`);
    for (const customer of made?.left ?? []) wrong.push(`${name} left out customer ${customer}, who is listed`);
    if (state === 'running' || state === 'paused' || (state === 'counting' && scene.access))
      wrong.push(`${name} still is ${state}`);
    if (startedAt !== null && (counts.waiting > 0 || ended !== done))
      wrong.push(`the numbers of ${name} do not add up: ${JSON.stringify(counts)}`);
    const records = made ? recordsIn(made) : 0;
    const repeats = made ? repeatsIn(made, scene.shopify) : 0;
    const gone = made ? goneIn(made, scene.shopify) : 0;
    if (state === 'done' && (done !== total || done < records - gone || done > records + repeats))
      wrong.push(`${name} has ${done} of ${total}, and Shopify gave ${records}`);
    return wrong;
  });
}
