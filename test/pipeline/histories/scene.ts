import { setTimeout as wait } from 'node:timers/promises';
import type { Db } from '../../../server/platform/database/db.ts';
import { type Connector, type EventRow, startConnector, until } from '../../fakes/connector.ts';
import type { FakeShop } from '../../fakes/shopify-shop.ts';

export type Payload = Record<string, unknown> & { Email?: string; Mobile?: string; Order?: Record<string, unknown> };

/** What happens in one shop, told to the whole app from outside. Moments are seconds from when the history began. */
export type History = {
  shop: string;
  guid: string;
  /** The shop's data at Shopify. */
  shopify: FakeShop;
  /** A moment as Shopify writes it. */
  at(seconds: number): string;
  /** This very moment. */
  now(): number;
  /** Sends a webhook triggered then, and waits until its event has ended. */
  tell(topic: string, body: object, seconds: number): Promise<EventRow>;
  /** Sends a webhook triggered then; it is acknowledged. */
  send(topic: string, body: object, seconds?: number): Promise<void>;
  /** What Ascent360 got, whatever it answered, oldest first. */
  sent(): Payload[];
  /** What Ascent360 accepted. */
  accepted(): Payload[];
  /** The values of a flag that Ascent360 accepted about somebody, oldest first. */
  flags(key: 'EmailPermission' | 'SMSPermission' | 'PhonePermission' | 'AddressPermission', who?: string): unknown[];
  until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void>;
  /** Waits until nothing of the shop waits any more. */
  settled(): Promise<EventRow[]>;
  /** Ascent360 answers so from now on. */
  answer(status: number): void;
  save(settings: object): Promise<void>;
  overview(): Promise<{ undeliveredOptOuts: number; problems: { kind: string; count?: number }[] }>;
  uninstall(): Promise<void>;
  /** Opens the app again, with a token issued after the app was uninstalled. */
  reinstall(): Promise<void>;
};

export type Histories = {
  app: Connector;
  begin(settings?: object): Promise<History>;
  stop(): Promise<void>;
};

let shops = 0;

/** @param access whether Shopify can be asked: its Admin API answers, and gives a token to whoever opens the app */
export async function openHistories(
  { access, env = {} }: { access: boolean; env?: Record<string, string> },
  given?: Db,
): Promise<Histories> {
  const unreachable = { SHOPIFY_ADMIN_ORIGIN: 'http://127.0.0.1:9' };
  const app = await startConnector(
    { RETRY_SCHEDULE: '1s,1s,1s,1s,1s,1h', ...(access ? {} : unreachable), ...env },
    given,
  );
  return { app, begin: async (settings = {}) => await begin(app, settings), stop: app.stop };
}

async function begin(app: Connector, settings: object): Promise<History> {
  const shop = `history-${++shops}.myshopify.com`;
  const guid = await app.connect(settings, shop);
  const shopify = app.admin.shop(shop);
  shopify.bulk.polls = 0;
  // In the past, so that everything was triggered before it comes; after the installation, so that nothing is history.
  const start = Date.now() - 5 * 60_000;
  const moment = (seconds: number) => new Date(start + seconds * 1000);
  const of = (kind: 'taken' | 'accepted') =>
    app.ascent360.received.filter((record) => record.guid === guid && record[kind]).map(({ body }) => body as Payload);
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
    answer: (status) => app.ascent360.behave(guid, { status }),
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
      // A token is issued at a whole second.
      await wait(1000 - (Date.now() % 1000) + 20);
      await history.overview();
    },
  };
  return history;
}
