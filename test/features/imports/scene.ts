import type { Db } from '../../../server/platform/database/db.ts';
import { type Connector, SHOP, startConnector, until } from '../../fakes/connector.ts';
import { emailOf, type FakeShop, phoneOf } from '../../fakes/shopify-shop.ts';

/** An import as the merchant API returns it. */
export type ImportBody = {
  id: string;
  kind: string;
  state: string;
  message: string;
  done: number;
  total: number;
  rate: number | null;
  secondsLeft: number | null;
  startedAt: string | null;
  pausedAt: string | null;
  endedAt: string | null;
  which: string;
  waits: { reason: string; count: number; message: string; action?: string }[];
  outdated: boolean;
  byAnswer: Record<
    'optOuts' | 'all',
    { contacts: number } & Record<'EmailPermission' | 'SMSPermission', { true: number; false: number }>
  > | null;
  counts: {
    records: number;
    contacts: number;
    skipped: Record<string, number>;
    flags: Record<'EmailPermission' | 'SMSPermission', { true: number; false: number }>;
    lists: number;
    smsOptInTexts: number;
    accepted: number;
    merged: number;
    waiting: number;
    attention: number;
  };
};

export type Scene = {
  connector: Connector;
  /** The shop in Shopify. */
  shop: FakeShop;
  post(path: string, body?: object): Promise<{ status: number; body: ImportBody & { errors?: { field?: string }[] } }>;
  get(id: string): Promise<ImportBody>;
  /** Resolves once the import is in this state. */
  reaches(id: string, state: string): Promise<ImportBody>;
  /** Starts counting an import, and resolves once it is counted. */
  counted(asked: object): Promise<ImportBody>;
  /** Counts and starts an import, and resolves once it is done. */
  done(asked: object): Promise<ImportBody>;
  stop(): Promise<void>;
};

/** The app next to a shop in Shopify, installed and connected. */
export async function startScene(settings: object = {}, env: Record<string, string> = {}, db?: Db): Promise<Scene> {
  const connector = await startConnector(env, db);
  const shop = connector.admin.shop(SHOP);
  shop.bulk.polls = 0;
  await connector.connect(settings);
  const post: Scene['post'] = async (path, body) => {
    const answer = await connector.api('POST', path, body);
    return { status: answer.status, body: answer.body as Awaited<ReturnType<Scene['post']>>['body'] };
  };
  const get = async (id: string) => (await connector.api('GET', `/imports/${id}`)).body as ImportBody;
  const reaches = async (id: string, state: string) => {
    let last: ImportBody | null = null;
    return await until(
      `the import is ${state}`,
      async () => {
        last = await get(id);
        return last.state === state ? last : undefined;
      },
      90_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(last)}`);
    });
  };
  const counted = async (asked: object) => {
    const made = await post('/imports', asked);
    if (made.status !== 201) throw new Error(`The import was refused: ${JSON.stringify(made.body)}`);
    return await reaches(made.body.id, 'counted');
  };
  return {
    connector,
    shop,
    post,
    get,
    reaches,
    counted,
    done: async (asked) => {
      const { id } = await counted(asked);
      await post(`/imports/${id}/start`);
      return await reaches(id, 'done');
    },
    stop: connector.stop,
  };
}

export const OLD = '2024-03-01T10:00:00Z';

/** A customer from before the installation; `n` is in their addresses. */
export const customer = (
  n: number,
  email: Parameters<typeof emailOf>[1] = {},
  sms: Parameters<typeof phoneOf>[1] = {},
) => ({
  id: `${9_007_199_254_740_993n + BigInt(n)}`,
  createdAt: OLD,
  updatedAt: OLD,
  firstName: 'Robin',
  lastName: `Number ${n}`,
  defaultEmailAddress: emailOf(`robin${n}@example.com`, email),
  defaultPhoneNumber: phoneOf(`+1303555${String(1000 + n).padStart(4, '0')}`, sms),
});

export const optedIn = {
  marketingState: 'SUBSCRIBED',
  marketingOptInLevel: 'SINGLE_OPT_IN',
  marketingUpdatedAt: OLD,
} as const;
export const optedOut = { marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: OLD } as const;
export const smsIn = { state: 'SUBSCRIBED', optInLevel: 'SINGLE_OPT_IN', updatedAt: OLD } as const;
