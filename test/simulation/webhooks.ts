/** Webhooks between Shopify and the app: what each says, and what the model learns from it. */
import type { Channel } from './shopify.ts';

export type Said =
  | {
      says: 'choice';
      customer: number | null;
      channel: Channel;
      address: string;
      state: string;
      level: string | null;
      /** The date in the body; null: none, or an unreadable one. */
      date: number | null;
      dated: 'dated' | 'undated' | 'unreadable';
      /** Whether the body names the address. */
      named: boolean;
    }
  /** `usual`: no settings leave out an order like that. */
  | { says: 'box'; customer: number | null; address: string; ticked: boolean; at: number; usual: boolean }
  | { says: 'seen'; customer: number; channel: Channel; address: string; at: number }
  | {
      says: 'order';
      order: number;
      updatedAt: number;
      createdAt: number;
      status: string;
      customer: number | null;
      address: string;
      usual: boolean;
    }
  | { says: 'uninstalled' }
  | { says: 'deleted'; customer: number }
  | { says: 'merged'; kept: number; gone: number }
  | { says: 'redacted'; customer: number | null; orders: number[]; addresses: string[] }
  | { says: 'tags'; customer: number; tags: string[]; added: boolean; at: number };

export type Webhook = {
  id: string;
  topic: string;
  source?: 'flow';
  body: object;
  triggeredAt: number;
  said: Said[];
  /** Its body has been shortened to an id. */
  short?: boolean;
};
