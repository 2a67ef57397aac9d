import { ShopErasedError } from '../../server/store/shops/shops.ts';
import type { Process } from './process.ts';
import type { Scene } from './scene.ts';
import type { Webhook } from './webhooks.ts';

/** Stores a webhook as its route does, which looks an erased shop up again. */
export async function store(process: Process, scene: Scene, webhook: Webhook, now: number): Promise<void> {
  const { inbox, shops, wake } = process;
  const shop = await shops.ensure(scene.domain);
  try {
    await inbox.store({
      shop,
      webhookId: webhook.id,
      topic: webhook.topic,
      apiVersion: '2026-10',
      triggeredAt: webhook.triggeredAt,
      receivedAt: now,
      body: Buffer.from(JSON.stringify(webhook.body)),
      ...(webhook.source && { source: webhook.source }),
    });
  } catch (error) {
    if (!(error instanceof ShopErasedError)) throw error;
    shops.forget(shop);
    await store(process, scene, webhook, now);
    return;
  }
  scene.shopId = shop.id;
  wake(shop.id);
}
