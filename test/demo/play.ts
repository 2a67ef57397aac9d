import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Choice, Step } from './story.ts';
import { type ActivityDetail, type ActivityItem, SHOP, type World } from './world.ts';

/** An acknowledged webhook and what the merchant sees of it. */
export type Played = {
  shop: string;
  webhookId: string;
  title: string | null;
  topic: string;
  /** null: recognised as one that had already arrived. */
  detail: ActivityDetail | null;
  choice: Choice | null;
};

const LOOK_EVERY_MS = 20;
const GIVE_UP_AFTER_MS = 20_000;

/** It no longer changes by itself: it has ended, or waits for the merchant to connect the shop. */
export function isAtRest({ state, reason }: Pick<ActivityItem, 'state' | 'reason'>): boolean {
  return ['accepted', 'merged', 'skipped', 'attention'].includes(state) || reason === 'not_connected';
}

async function settled(world: World, shop: string, webhookId: string): Promise<ActivityDetail> {
  const merchant = world.merchant(shop);
  const giveUpAt = Date.now() + GIVE_UP_AFTER_MS;
  for (;;) {
    const [found] = await merchant.find(webhookId);
    if (found && (isAtRest(found) || Date.now() > giveUpAt)) return await merchant.detail(found.id);
    if (Date.now() > giveUpAt) throw new Error(`Lost: webhook ${webhookId} was answered with 200 and is not there`);
    await wait(LOOK_EVERY_MS);
  }
}

/**
 * Sends one webhook as Shopify would and waits until it no longer changes by itself.
 * @throws Error if it is not acknowledged, or is gone
 */
export async function play(world: World, step: Step, previous: Played | null): Promise<Played> {
  const shop = step.shop ?? SHOP;
  const webhookId = step.again && previous ? previous.webhookId : randomUUID();
  step.prepare?.(world);
  const answer = await world.sender.send(step.topic, step.body, {
    shop,
    webhookId,
    triggeredAt: new Date(step.triggeredAt ?? Date.now()),
  });
  if (answer.status !== 200) throw new Error(`The app answered ${answer.status} to ${step.topic}: ${answer.text}`);
  return {
    shop,
    webhookId,
    title: step.title ?? null,
    topic: step.topic,
    detail: step.again ? null : await settled(world, shop, webhookId),
    choice: step.choice ?? null,
  };
}
