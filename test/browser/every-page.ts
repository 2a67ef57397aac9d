import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Stage } from './stage.ts';

const routes = readFileSync(path.join(import.meta.dirname, '../../app/routes.tsx'), 'utf8');

/** The path of every page, as `app/routes.tsx` has it: `/people/:id`. */
export const everyPath: readonly string[] = [...routes.matchAll(/<Route path="([^"]+)"/g)].map(
  ([, path]) => path ?? '',
);

/** Every page of a shop with a history, with something to show: `/people/01a2…`. */
export async function everyPage({ connector }: Stage): Promise<string[]> {
  const first = async <Item>(route: string): Promise<Item> => {
    const { items } = (await connector.api('GET', route)).body as { items: Item[] };
    const [item] = items;
    if (!item) throw new Error(`The history has nothing for ${route}`);
    return item;
  };
  const event = await first<{ id: string; summary: { who: string } }>('/activity?topic=orders/create');
  const who = encodeURIComponent(event.summary.who);
  const ids: Record<string, string> = {
    activity: event.id,
    people: (await first<{ id: string }>(`/people?q=${who}`)).id,
    imports: (await first<{ id: string }>('/imports')).id,
  };
  return everyPath.map((path) => {
    if (path === '/people' || path === '/people/consent') return `${path}?q=${who}`;
    return path.replace(/(?<=^\/(\w+)\/):id$/, (_, area: string) => ids[area] ?? `no-${area}`);
  });
}
