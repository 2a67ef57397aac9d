import { generateKeyPairSync } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { API_KEY, type Connector, SHOP, startConnector, until } from '../fakes/connector.ts';
import { emailOf } from '../fakes/shopify-shop.ts';
import { order } from '../pipeline/bodies.ts';

const pair = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
const [first, second] = [pair(), pair()];

let connector: Connector;
afterEach(async () => await connector.stop());

/** The app with these private keys, in a shop that knows these public ones and whose customer 501 opted out. */
async function begin(env: Record<string, string>, pems: string[]): Promise<void> {
  connector = await startConnector(env);
  const shop = connector.admin.shop(SHOP);
  shop.tokens.appKeys = { clientId: API_KEY, pems };
  // Nobody ever opens the app.
  shop.tokens.refuseExchange = { status: 400, error: 'invalid_subject_token' };
  shop.setCustomer({
    id: 501,
    firstName: 'Ana',
    defaultEmailAddress: emailOf('ana@example.com', {
      marketingState: 'UNSUBSCRIBED',
      marketingUpdatedAt: new Date(Date.now() - 60_000).toISOString(),
    }),
  });
}
const tokens = () => connector.admin.shop(SHOP).tokens;
const hasToken = async () =>
  await until('there is a token', async () => {
    const [row] = await connector.db.query('SELECT 1 FROM admin_tokens WHERE pair IS NOT NULL');
    return row;
  });
const body = () =>
  order(801, { email: 'ana@example.com', customer: { id: 501, email: 'ana@example.com', first_name: 'Ana' } });

describe('an app with a private key', () => {
  it('reads through the Admin API from the first webhook on, although nobody opened it', async () => {
    await begin({ SHOPIFY_APP_PRIVATE_KEY: first.privateKey }, [first.publicKey]);
    await connector.send('orders/create', body());
    await hasToken();
    await connector.connect();
    await connector.send('orders/updated', { ...body(), id: 802, name: '#802' });
    await until('the opt-out that only a read says', async () =>
      connector.ascent360.lastAccepted('ana@example.com', 'EmailPermission') === false ? true : undefined,
    );
    expect([tokens().appTokens, tokens().exchanges, tokens().refreshes]).toEqual([1, 0, 0]);
  });

  it('gets a new token before the old one ends, and after Shopify stopped taking it', async () => {
    await begin({ SHOPIFY_APP_PRIVATE_KEY: first.privateKey }, [first.publicKey]);
    await connector.send('orders/create', body());
    await hasToken();
    await connector.db.query(
      `UPDATE admin_tokens SET renewed_at = now() - interval '56 minutes', access_expires_at = now() + interval '4 minutes'`,
    );
    await until('a second token', async () => (tokens().appTokens === 2 ? true : undefined));
    tokens().revoke();
    // The upkeep is what certainly asks Shopify again, after one that may be just ending.
    await until('a third token', async () => {
      await connector.db.query('UPDATE admin_tokens SET facts_at = NULL');
      return tokens().appTokens >= 3 ? true : undefined;
    });
    await until('which works', async () => {
      const [row] = await connector.db.query('SELECT 1 FROM admin_tokens WHERE facts_at IS NOT NULL');
      return row;
    });
    expect(await connector.db.query('SELECT 1 FROM admin_tokens WHERE refused_at IS NOT NULL')).toEqual([]);
  });

  it('compares from the first webhook on: what no webhook told is found and sent, although nobody opened it', async () => {
    await begin({ SHOPIFY_APP_PRIVATE_KEY: first.privateKey }, [first.publicKey]);
    await connector.send('orders/create', body());
    await hasToken();
    await connector.connect();
    await until('the first comparison has set the point', async () => {
      const [row] = await connector.db.query('SELECT 1 FROM reconciliations WHERE customers_until IS NOT NULL');
      return row;
    });
    const at = (hoursAgo: number) => new Date(Date.now() - hoursAgo * 3_600_000).toISOString();
    connector.admin.shop(SHOP).setCustomer({
      id: 502,
      createdAt: at(5),
      updatedAt: at(3),
      firstName: 'Bo',
      defaultEmailAddress: emailOf('bo@example.com'),
    });
    await connector.db.query(
      `UPDATE reconciliations SET due_at = now() - interval '1 second', orders_until = now() - interval '1 day', customers_until = now() - interval '1 day'`,
    );
    await until('it is sent', async () =>
      connector.ascent360.received.find(({ accepted, raw }) => accepted && raw.includes('bo@example.com')),
    );
    expect([tokens().exchanges, tokens().refreshes]).toEqual([0, 0]);
  });

  it('gets one for a shop whose refresh token lapsed because nobody opened it for 90 days', async () => {
    await begin({ SHOPIFY_APP_PRIVATE_KEY: first.privateKey }, [first.publicKey]);
    await connector.send('orders/create', body());
    // Nothing that uses the token may be under way: if it fails, the shop rests for an hour.
    await until('all that was due is read', async () => {
      const [row] = await connector.db.query(
        `SELECT 1 FROM admin_tokens t JOIN people p ON p.shop_id = t.shop_id
         WHERE t.facts_at IS NOT NULL AND p.read_due_at IS NULL`,
      );
      return row;
    });
    await connector.db.query(
      `UPDATE admin_tokens SET rest_until = NULL, renewed_at = now() - interval '91 days', access_expires_at = now() - interval '90 days',
         refresh_expires_at = now() - interval '1 day', refused_at = now(), failure = 'invalid_grant'`,
    );
    await until('a token that can be used', async () => {
      const [row] = await connector.db.query(
        'SELECT 1 FROM admin_tokens WHERE refused_at IS NULL AND access_expires_at > now()',
      );
      return row;
    });
    expect([tokens().appTokens, tokens().exchanges, tokens().refreshes]).toEqual([2, 0, 0]);
  });

  it.each([
    ['the second where Shopify knows that alone, while one is rotated', [second.publicKey], 1],
    ['none that Shopify does not know', [pair().publicKey], 0],
  ])('takes %s', async (_, pems, got) => {
    const both = `${first.privateKey}${second.privateKey}`.replaceAll('\n', '\\n');
    await begin({ SHOPIFY_APP_PRIVATE_KEY: both }, pems);
    await connector.send('orders/create', body());
    await until('it was tried', async () => {
      const [row] = await connector.db.query('SELECT 1 FROM admin_tokens WHERE pair IS NOT NULL OR rest_until > now()');
      return row;
    });
    expect(tokens().appTokens).toBe(got);
  });
});

describe('an app without one', () => {
  it('asks for no application-only token', async () => {
    await begin({}, [first.publicKey]);
    await connector.deliver('shop/update', { id: 1 });
    await connector.connect();
    const asked = connector.admin.calls.filter(({ body: sent }) => sent.includes('client_credentials'));
    expect(asked).toEqual([]);
  });
});
