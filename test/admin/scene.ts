import { afterAll, beforeAll, beforeEach } from 'vitest';
import { createAccess } from '../../server/admin/access.ts';
import { AdminError } from '../../server/admin/admin.ts';
import { createClient } from '../../server/admin/client.ts';
import { createDeniedFields } from '../../server/admin/denied-fields.ts';
import { createFailing } from '../../server/admin/failing.ts';
import { createOAuth } from '../../server/admin/oauth.ts';
import { createTransport } from '../../server/admin/transport.ts';
import type { Db } from '../../server/platform/database/db.ts';
import { createKeys } from '../../server/platform/keys.ts';
import { createLog, type Log } from '../../server/platform/log.ts';
import { accessOf } from '../../server/store/shops/admin-tokens.ts';
import { createShops } from '../../server/store/shops/shops.ts';
import { testDatabase } from '../fakes/database.ts';
import { signIdToken } from '../fakes/id-token.ts';
import { type FakeShopifyAdmin, startShopifyAdmin } from '../fakes/shopify-admin.ts';

const API_KEY = 'client-id';
export const SECRETS = ['the secret of now', 'the secret of before'] as const;

const keys = createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 5) }]);

/**
 * The Admin API folder between a database and the stand-in. Each process has its own parts, so two
 * of them are two processes.
 */
function openRoom(db: Db, origin: string, answerMs = 20_000, log: Log = createLog('silent')) {
  const now = Date.now;
  const transport = createTransport(origin, answerMs);
  const oauth = createOAuth(transport, { apiKey: API_KEY, secrets: SECRETS, appUrl: 'https://connector.example' });
  const access = createAccess({ db, oauth, log, now });
  const admin = createClient({
    transport,
    access,
    denied: createDeniedFields({ db, now }),
    failing: createFailing({ db, now, tellAfterMs: 0 }),
    log,
    hasAccess: async (shop) => (await accessOf(db, shop)).state === 'ok',
    now,
    random: () => 0.5,
    patience: { backoffMs: [5, 5, 5], idleMs: 10_000, throttledMs: 5000 },
  });
  return { transport, oauth, access, admin, shops: createShops(db, keys), log };
}

/**
 * A database and a stand-in for the tests in a file. Each test has its own shop and a new process.
 */
async function openStage() {
  const db = await testDatabase();
  const fake: FakeShopifyAdmin = await startShopifyAdmin();
  const rooms: ReturnType<typeof openRoom>[] = [];
  let shops = 0;
  const process = (answerMs?: number, log?: Log) => {
    const room = openRoom(db, fake.url, answerMs, log);
    rooms.push(room);
    return room;
  };
  return {
    db,
    fake,
    scene: async () => {
      const room = process();
      shops += 1;
      const domain = `shop-${shops}.myshopify.com`;
      const shop = await room.shops.ensure(domain);
      const idToken = (secret: string = SECRETS[0]) => signIdToken({ apiKey: API_KEY, secret, shop: domain });
      fake.calls.length = 0;
      return {
        ...room,
        db,
        fake,
        shop,
        idToken,
        /** Another process on the same database. */
        process,
        /** The shop in Shopify. */
        there: fake.shop(domain),
        install: async () => await room.access.exchange(shop, await idToken()),
        /**
         * Its access token, valid for an hour, has this many milliseconds left by the database's
         * clock.
         */
        expireIn: async (ms: number) => {
          await db.query(
            `UPDATE admin_tokens SET access_expires_at = now() + $1::float8 * interval '1 millisecond',
               renewed_at = now() + $1::float8 * interval '1 millisecond' - interval '1 hour' WHERE shop_id = $2`,
            [ms, shop.id],
          );
        },
      };
    },
    close: async () => {
      for (const { transport } of rooms) transport.close();
      await fake.close();
      await db.close();
    },
  };
}

type Stage = Awaited<ReturnType<typeof openStage>>;
type Scene = Awaited<ReturnType<Stage['scene']>>;

/**
 * A scene for all tests of a file, begun anew before each. It is empty until they run.
 * @param begin what precedes each test; by default the app is installed
 */
export function adminScene(
  begin: (scene: Scene) => unknown = async ({ install }) => await install(),
): Scene & { another(): Promise<Scene> } {
  const scene = {} as ReturnType<typeof adminScene>;
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  beforeEach(async () => {
    Object.assign(scene, await stage.scene(), { another: stage.scene });
    await begin(scene);
  });
  afterAll(async () => await stage.close());
  return scene;
}

/** Why a call to the Admin API failed; null: it didn't. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof AdminError ? error.failure : error;
}
