import type { Fate } from './history.ts';
import type { Scene } from './scene.ts';
import type { Webhook } from './webhooks.ts';

export type Arrives = (webhook: Webhook) => Promise<void>;

/** Shopify sends these webhooks, which arrive as the step says. */
export async function send(scene: Scene, made: readonly Webhook[], fate: Fate, arrives: Arrives): Promise<void> {
  for (const one of made) {
    if (fate === 'lost') continue;
    if (fate === 'late') scene.air.push(one);
    else await arrives(one);
    // The same again, as if Shopify hadn't received the answer.
    if (fate === 'twice') await arrives(one);
  }
}
