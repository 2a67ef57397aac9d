import { type Played, play } from './play.ts';
import { type Chapter, farewell, samples, story } from './story.ts';
import { judge, type Verdict } from './verdict.ts';
import { LEAVING_SHOP, SETTINGS, SHOP, type World } from './world.ts';

export type Shown = { chapter?(chapter: Chapter): void; row?(played: Played): void };

/** Installs the demo shop, plays every chapter one webhook at a time, and judges the end. */
export async function run(world: World, shown: Shown = {}): Promise<{ played: Played[]; verdict: Verdict }> {
  await world.merchant(SHOP).saveSettings(SETTINGS);
  // Opened once and never connected. A call after its app/uninstalled would count as installing again.
  await world.merchant(LEAVING_SHOP).newest();
  const played: Played[] = [];
  for (const chapter of [story(Date.now()), samples(), farewell()]) {
    shown.chapter?.(chapter);
    for (const step of chapter.steps) {
      const result = await play(world, step, played.at(-1) ?? null);
      played.push(result);
      shown.row?.(result);
    }
  }
  for (const event of played) {
    if (event.detail?.state !== 'waiting') continue;
    const detail = await world.merchant(event.shop).detail(event.detail.id);
    shown.row?.({ ...event, title: 'What happened to its waiting event', detail });
  }
  return { played, verdict: await judge(world, played) };
}
