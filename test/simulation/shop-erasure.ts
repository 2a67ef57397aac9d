/** The end of a shop (SPEC 9): Shopify asks to erase it two days after it uninstalled the app. */
import { openAccount } from './model/account.ts';
import { changeGuid, type Scene } from './scene.ts';
import { renew } from './versions.ts';
import type { Webhook } from './webhooks.ts';

type Look = <Row extends object>(text: string) => Row[];

/** Shopify's request has arrived. A shop that has the app (again) isn't erased. */
export function noteErasure(scene: Scene, { topic }: Webhook, how: 'perhaps' | 'surely'): void {
  if (topic === 'shop/redact' && !scene.installed) scene.erasing = how;
}

/**
 * If the request has been handled, nothing of the shop may be sent any more, and whoever comes back
 * is new.
 */
export function noteErased(scene: Scene, look: Look): void {
  if (scene.erasing === 'no') return;
  if (look(`SELECT 1 FROM shops WHERE domain = '${scene.domain}'`).length > 0) return;
  scene.erasing = 'no';
  scene.erased = true;
  renew(scene, openAccount(scene.account.rules, 0, scene.account.behind));
  scene.acknowledged.clear();
  scene.left = [];
  scene.imports = [];
  changeGuid(scene);
}

/** Of an erased shop no row is left, in whatever table; what is there is another shop's. */
export function leftOfErased(scenes: readonly Scene[], look: Look): string[] {
  if (scenes.every(({ erased, wasErased }) => !erased && !wasErased)) return [];
  const tables = look<{ name: string }>(
    `SELECT c.relname AS name FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
     WHERE a.attname = 'shop_id' AND c.relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  const domains = scenes.filter(({ erased }) => !erased).map(({ domain }) => `'${domain}'`);
  const live = `SELECT id FROM shops WHERE domain IN (${["''", ...domains].join()})`;
  return [
    ...tables.filter(({ name }) => look(`SELECT 1 FROM "${name}" WHERE shop_id NOT IN (${live}) LIMIT 1`).length > 0),
    ...(look(`SELECT 1 FROM shops WHERE id NOT IN (${live})`).length > 0 ? [{ name: 'shops' }] : []),
  ].map(({ name }) => name);
}
