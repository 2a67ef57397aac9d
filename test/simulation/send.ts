import type { Step } from './history.ts';
import type { Scene } from './scene.ts';
import type { Webhook } from './webhooks.ts';
import type { World } from './world.ts';

/** Shopify sends these webhooks, which arrive as the step says. */
export async function send(world: World, scene: Scene, made: readonly Webhook[], { fate }: Step): Promise<void> {
  for (const one of made) {
    if (fate === 'lost') continue;
    if (fate === 'late') scene.air.push(one);
    else await world.survive(() => world.receive(scene, one));
    // The same again, as if Shopify hadn't received the answer.
    if (fate === 'twice') await world.survive(() => world.receive(scene, one));
  }
}
