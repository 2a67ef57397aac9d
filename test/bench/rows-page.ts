import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { findBrowser } from '../browser/find-browser.ts';
import { signIdToken } from '../fakes/id-token.ts';
import { createShopifySender } from '../fakes/shopify-sender.ts';
import { buildPages } from '../fakes/stand-in-front.ts';
import { measurePage, measurePath } from './measure-page.ts';
import type { Row, Run } from './row.ts';
import { API_KEY, median, SECRET } from './world.ts';

const SHOP = 'page-shop.myshopify.com';
const NEW_SHOP = 'new-shop.myshopify.com';
const EVENTS = 40;

/**
 * The overview as a merchant first sees it: the built pages, a real browser, a cold cache, a shop
 * with events.
 */
export async function page({ world, pairs, say }: Run): Promise<Row[]> {
  const found = await findBrowser(process.env);
  if ('missing' in found) {
    say(`page: no browser (${found.missing})`);
    return [];
  }
  await buildPages();
  const receiver = await world.helper('receiver.ts');
  const app = await world.app('embedded', {
    DATABASE_URL: 'embedded',
    DATA_DIR: path.join(world.dir, 'page'),
    ASCENT360_BASE_URL: receiver.url,
  });
  const token = await signIdToken({ apiKey: API_KEY, secret: SECRET, shop: SHOP });
  await fetch(`${app.url}/api/settings`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ guid: randomUUID() }),
  });
  const sender = createShopifySender({ url: `${app.url}/webhooks`, shop: SHOP, secret: SECRET });
  for (let id = 1; id <= EVENTS; id++) {
    await sender.send('customers/update', { id, email: `p${id}@example.com`, updated_at: new Date().toISOString() });
  }
  const looks = await measurePage(found, { url: app.url, apiKey: API_KEY, secret: SECRET, shop: SHOP }, pairs);
  const first = { id: 1, email: 'first@example.com', updated_at: new Date().toISOString() };
  await sender.send('customers/update', first, { shop: NEW_SHOP });
  const way = await measurePath(found, { url: app.url, apiKey: API_KEY, secret: SECRET, shop: NEW_SHOP }, randomUUID());
  for (const server of [app, receiver]) await server.stop();
  const figure = (key: 'scriptBytes' | 'lcp' | 'cls' | 'inp') => median(looks.map((one) => one[key]));
  const row = (what: string, result: string, bar: string, pass: boolean): Row => ({
    what: `first page: ${what}`,
    ours: result,
    other: '',
    result,
    bar,
    pass,
  });
  const [kB, lcp, cls, inp] = [figure('scriptBytes') / 1000, figure('lcp'), figure('cls'), figure('inp')];
  say(`page: ${kB.toFixed(0)} kB, LCP ${lcp.toFixed(0)} ms, CLS ${cls.toFixed(3)}, INP ${inp.toFixed(0)} ms`);
  return [
    row('JavaScript at first load, gzip', `${kB.toFixed(0)} kB`, '≤ 200 kB', kB <= 200),
    row('largest contentful paint', `${lcp.toFixed(0)} ms`, '≤ 1.5 s', lcp <= 1500),
    row('cumulative layout shift', cls.toFixed(3), '≤ 0.05', cls <= 0.05),
    row('interaction to next paint, longest of 4', `${inp.toFixed(0)} ms`, '≤ 150 ms', inp <= 150),
    row(
      'from install to the first accepted event, without the time to read and type',
      `${way.fields} field, ${way.clicks} click, ${way.seconds.toFixed(1)} s`,
      '1 field, 1 click',
      way.fields === 1 && way.clicks === 1,
    ),
  ];
}
