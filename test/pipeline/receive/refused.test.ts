import express from 'express';
import request from 'supertest';
import { beforeEach, expect, it, vi } from 'vitest';
import { refusal } from '../../../server/http/errors.ts';
import { receive } from '../../../server/pipeline/receive/receive.ts';
import { createIntake } from '../../../server/platform/intake.ts';
import { createLog } from '../../../server/platform/log.ts';
import { signBody } from '../../fakes/shopify-sender.ts';

const BODY = '{"id":1,"email":"ann@example.com"}';
const signed = (secret: string) => ({
  'x-shopify-hmac-sha256': signBody(BODY, secret),
  'x-shopify-topic': 'customers/update',
  'x-shopify-shop-domain': 'shop.myshopify.com',
  'x-shopify-webhook-id': 'webhook-1',
});

const lines: string[] = [];
const webhookAnswered = vi.fn();
const unused = async (): Promise<never> => {
  throw new Error('Nothing may be stored');
};
const app = express().post(
  '/webhooks',
  receive({
    intake: createIntake(refusal),
    inbox: { store: unused },
    shops: { ensure: unused, forget: () => {} },
    secrets: ['secret'],
    wake: () => {},
    log: createLog('info', { write: (line) => void lines.push(line) }),
    metrics: { webhookAnswered, webhookAcknowledged: () => {} },
  }),
);
beforeEach(() => {
  lines.length = 0;
  webhookAnswered.mockClear();
});

const post = async (headers: Record<string, string>) =>
  (await request(app).post('/webhooks').set(headers).send(BODY)).status;

it.each([
  ['x-shopify-topic', '', 'x-shopify-topic is missing'],
  ['x-shopify-webhook-id', 'w'.repeat(201), 'x-shopify-webhook-id is longer than 200 characters'],
  ['x-shopify-shop-domain', 'ann@example.com', 'x-shopify-shop-domain is not name.myshopify.com'],
])(
  'a signed webhook whose %s is unusable leaves a line that names the fault and nothing else: Shopify gives it up after 8 tries',
  async (name, value, fault) => {
    expect(await post({ ...signed('secret'), [name]: value })).toBe(400);
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual([
      expect.objectContaining({ level: 50, stage: 'receive', faults: [fault] }),
    ]);
    expect(lines.join()).not.toContain('ann@');
    expect(webhookAnswered).toHaveBeenCalledWith(400, 'unknown', expect.any(Number));
  },
);

it('whoever has no secret fills no log', async () => {
  expect(await post(signed('another'))).toBe(401);
  expect(await post({ ...signed('another'), 'x-shopify-topic': '' })).toBe(401);
  expect(lines).toEqual([]);
});
