import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll } from 'vitest';
import type { Db } from '../../../server/platform/database/db.ts';
import { type Connector, type EventRow, startConnector, until } from '../../fakes/connector.ts';
import type { FakeShop } from '../../fakes/shopify-shop.ts';

export type Payload = Record<string, unknown> & { Email?: string; Mobile?: string; Order?: Record<string, unknown> };

/**
 * What happens in one shop, played from outside to the whole app. Moments are seconds since the
 * history began.
 */
export type History = {
  shop: string;
  guid: string;
  /** The shop's data in Shopify. */
  shopify: FakeShop;
  /** A moment in Shopify's format. */
  at(seconds: number): string;
  /** Now. */
  now(): number;
  /** Sends a webhook triggered then, and waits until its event has ended. */
  tell(topic: string, body: object, seconds: number): Promise<EventRow>;
  /** Sends a webhook triggered then, and returns once it is acknowledged. */
  send(topic: string, body: object, seconds?: number): Promise<void>;
  /** What Ascent360 received, whatever it answered, oldest first. */
  sent(): Payload[];
  /** What Ascent360 accepted. */
  accepted(): Payload[];
  /** The values of a flag that Ascent360 accepted for a person, oldest first. */
  flags(key: 'EmailPermission' | 'SMSPermission' | 'PhonePermission' | 'AddressPermission', who?: string): unknown[];
  until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void>;
  /** Waits until nothing in the shop is waiting. */
  settled(): Promise<EventRow[]>;
  /** From now on, Ascent360 answers like this, and asks to be left alone for so many seconds. */
  answer(status: number, retryAfter?: number): void;
  save(settings: object): Promise<void>;
  overview(): Promise<{ undeliveredOptOuts: number; problems: { kind: string; count?: number }[] }>;
  uninstall(): Promise<void>;
  /** Opens the app again, with a token issued after the uninstallation. */
  reinstall(): Promise<void>;
};

type Histories = {
  app: Connector;
  begin(settings?: object): Promise<History>;
  stop(): Promise<void>;
};

let shops = 0;

/** `access`: whether the Admin API answers and gives a token to anyone who opens the app. */
type Given = { access: boolean; env?: Record<string, string> };

export async function openHistories({ access, env = {} }: Given, given?: Db): Promise<Histories> {
  const unreachable = { SHOPIFY_ADMIN_ORIGIN: 'http://127.0.0.1:9' };
  const app = await startConnector(
    { RETRY_SCHEDULE: '1s,1s,1s,1s,1s,1h', ...(access ? {} : unreachable), ...env },
    given,
  );
  return { app, begin: async (settings = {}) => await begin(app, settings), stop: app.stop };
}

/** Histories that all tests of a file share. */
export function sharedHistories(given: Given): Omit<Histories, 'stop'> {
  let open: Histories;
  beforeAll(async () => {
    open = await openHistories(given);
  });
  afterAll(async () => await open.stop());
  return {
    get app() {
      return open.app;
    },
    begin: async (settings) => await open.begin(settings),
  };
}

async function begin(app: Connector, settings: object): Promise<History> {
  const shop = `history-${++shops}.myshopify.com`;
  const guid = await app.connect(settings, shop);
  const shopify = app.admin.shop(shop);
  shopify.bulk.polls = 0;
  // In the past, so that everything was triggered before it arrives; but after the installation, so
  // that nothing counts as history.
  const start = Date.now() - 5 * 60_000;
  const moment = (seconds: number) => new Date(start + seconds * 1000);
  const of = (kind: 'taken' | 'accepted') =>
    app.ascent360
      .receivedFor(guid)
      .filter((record) => record[kind])
      .map(({ body }) => body as Payload);
  const waitUntil = async (what: string, isSo: () => boolean | Promise<boolean>) => {
    await until(what, async () => ((await isSo()) ? true : undefined));
  };
  const send = async (topic: string, body: object, triggeredAt: Date) => {
    const answer = await app.send(topic, body, { shop, triggeredAt });
    if (answer.status !== 200) throw new Error(`${topic} was answered with ${answer.status}: ${answer.text}`);
  };
  const history: History = {
    shop,
    guid,
    shopify,
    at: (seconds) => moment(seconds).toISOString(),
    now: () => (Date.now() - start) / 1000,
    tell: async (topic, body, seconds) => await app.deliver(topic, body, { shop, triggeredAt: moment(seconds) }),
    send: async (topic, body, seconds) => await send(topic, body, seconds === undefined ? new Date() : moment(seconds)),
    sent: () => of('taken'),
    accepted: () => of('accepted'),
    flags: (key, who) =>
      of('accepted')
        .filter(({ Email, Mobile }) => who === undefined || Email === who || Mobile === who)
        .flatMap((payload) => payload[key] ?? []),
    until: waitUntil,
    settled: async () => await app.settled(shop),
    answer: (status, retryAfter) =>
      app.ascent360.behave(guid, { status, ...(retryAfter !== undefined && { retryAfter }) }),
    save: async (changed) => {
      const answer = await app.api('PUT', '/settings', changed, shop);
      if (answer.status !== 200) throw new Error(`Settings were refused: ${JSON.stringify(answer.body)}`);
    },
    overview: async () => (await app.api('GET', '/overview', undefined, shop)).body as never,
    uninstall: async () => {
      await send('app/uninstalled', { id: 1 }, new Date());
      await waitUntil('the app is uninstalled', async () => {
        const rows = await app.db.query('SELECT 1 FROM shops WHERE domain = $1 AND uninstalled_at IS NOT NULL', [shop]);
        return rows.length > 0;
      });
    },
    reinstall: async () => {
      // Tokens are issued at whole seconds.
      await wait(1000 - (Date.now() % 1000) + 20);
      await history.overview();
    },
  };
  return history;
}
