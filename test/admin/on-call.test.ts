import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Connector, startConnector, until } from '../fakes/connector.ts';
import { emailOf, type FakeShop } from '../fakes/shopify-shop.ts';

let connector: Connector;
let there: FakeShop;
let domain: string;
let shops = 0;
beforeAll(async () => {
  connector = await startConnector();
});
beforeEach(() => {
  shops += 1;
  domain = `on-call-${shops}.myshopify.com`;
  there = connector.admin.shop(domain);
});
afterAll(() => connector.stop());

type Overview = {
  timeZone: string;
  adminAccess: { state: string; message: string };
  problems: { kind: string; message: string }[];
};
async function overview(): Promise<Overview> {
  const { status, body } = await connector.api('GET', '/overview', undefined, domain);
  expect(status).toBe(200);
  return JSON.parse(JSON.stringify(body));
}
const rows = () =>
  connector.db.query('SELECT 1 FROM admin_tokens t JOIN shops s ON s.id = t.shop_id WHERE s.domain = $1', [domain]);
const ago = (ms: number) => new Date(Date.now() - ms);
const uninstall = (triggeredAt: Date) =>
  connector.deliver('app/uninstalled', { id: 1, domain }, { shop: domain, triggeredAt });

describe('the first authenticated call', () => {
  it('gets the app its token and the shop’s facts, before it is answered', async () => {
    there.facts = {
      ...there.facts,
      ianaTimezone: 'Europe/Zurich',
      shopAddress: { countryCodeV2: 'CH' },
      plan: { partnerDevelopment: true },
    };
    const { adminAccess, timeZone } = await overview();
    expect(adminAccess.state).toBe('ok');
    expect(timeZone).toBe('Europe/Zurich');
    const settings = await connector.api('GET', '/settings', undefined, domain);
    expect(settings.body).toMatchObject({ send: { testOrders: true } });
    await overview();
    expect(there.tokens.exchanges).toBe(1);
  });

  it('reads the facts that the app may see, though one of them is hidden from it', async () => {
    there.denied = new Set(['ShopAddress.countryCodeV2']);
    there.facts = { ...there.facts, ianaTimezone: 'Europe/Zurich' };
    expect((await overview()).timeZone).toBe('Europe/Zurich');
  });

  it('reads facts that an older shop/update does not overwrite, and a newer one does', async () => {
    there.facts = { ...there.facts, ianaTimezone: 'Europe/Zurich', updatedAt: '2026-11-20T10:00:00Z' };
    await overview();
    for (const [updated_at, told, known] of [
      ['2026-11-20T09:59:59Z', 'Asia/Tokyo', 'Europe/Zurich'],
      ['2026-11-20T10:00:01Z', 'Europe/Paris', 'Europe/Paris'],
    ]) {
      await connector.deliver('shop/update', { id: 1, iana_timezone: told, updated_at }, { shop: domain });
      expect((await overview()).timeZone).toBe(known);
    }
  });

  it.each([
    ['Shopify refuses', () => (there.tokens.refuseExchange = { status: 400, error: 'invalid_subject_token' })],
    ['Shopify is down', () => there.behaveTokens([{ status: 502 }])],
    ['Shopify cuts the connection', () => there.behaveTokens([{ cut: true }])],
    ['Shopify does not answer in time', () => there.behaveTokens([{ delayMs: 5000 }])],
  ])('is answered, and says what is missing, if %s', async (_, refuse) => {
    refuse();
    const { adminAccess } = await overview();
    expect(adminAccess.state).toBe('missing');
    expect(adminAccess.message).toContain('open it again');
    expect(await connector.api('GET', '/settings', undefined, domain)).toMatchObject({ status: 200 });
  });
});

describe('a shop that was uninstalled', () => {
  it('has no tokens any more, and is installed again by the next call', async () => {
    await overview();
    there.tokens.revoke();
    await uninstall(new Date());
    expect(await rows()).toEqual([]);
    // Tokens are dated in whole seconds: one of this second may be from before.
    await until('a call has a token issued later', async () => (await overview()).adminAccess.state === 'ok');
    expect(there.tokens.exchanges).toBe(2);
  });

  it.each([
    ['call', async () => (await connector.api('GET', '/settings', undefined, domain)).status],
    ['webhook', async () => (await connector.send('customers/create', { id: 1 }, { shop: domain })).status],
  ])('and erased by another process is a new one for the next %s', async (_, sign) => {
    await overview();
    await connector.db.query(
      `UPDATE shops SET domain = 'erased:' || id, wrapped_key = NULL, wrap_key_id = NULL, facts = NULL, erased_at = now()
       WHERE domain = $1`,
      [domain],
    );
    expect(await sign()).toBe(200);
    expect(await connector.db.query('SELECT erased_at FROM shops WHERE domain = $1', [domain])).toEqual([
      { erased_at: null },
    ]);
  });

  it('and installed again before the webhook arrived loses only the dead token', async () => {
    await overview();
    await connector.db.query(`UPDATE admin_tokens SET exchanged_at = now() - interval '1 hour'`);
    await uninstall(ago(60_000));
    expect(await rows()).toEqual([]);
    expect((await overview()).adminAccess.state).toBe('ok');
    await uninstall(ago(50_000));
    expect(await rows()).toHaveLength(1);
    expect((await overview()).adminAccess.state).toBe('ok');
    expect(there.tokens.exchanges).toBe(2);
  });
});

describe('the overview page', () => {
  it('explains what the app may not see', async () => {
    there.setCustomer({ id: 1, defaultEmailAddress: emailOf('mia@example.com') });
    await overview();
    await connector.db.query(
      `INSERT INTO problems (id, shop_id, kind, key, detail, opened_at)
       SELECT gen_random_uuid(), id, 'fields_denied', key, detail::jsonb, now() FROM shops, (VALUES
         ('CustomersByIds', '{"fields": ["firstName", "defaultEmailAddress.emailAddress"]}'),
         ('OrderById', '{"fields": ["billingAddress.firstName", "customer.firstName", "email"]}')
       ) AS kept (key, detail) WHERE domain = $1`,
      [domain],
    );
    const [problem] = (await overview()).problems.filter(({ kind }) => kind === 'fields_denied');
    expect(problem?.message).toContain('isn’t approved for it: email address and name.');
  });

  it('says that the app has to be opened, until it was', async () => {
    await overview();
    there.tokens.revoke();
    const ofShop = 'shop_id = (SELECT id FROM shops WHERE domain = $1)';
    await until('the upkeep has noticed', async () => {
      // Each time, as one may be just ending.
      await connector.db.query(
        `UPDATE admin_tokens SET access_expires_at = now() - interval '1 second', facts_at = NULL WHERE ${ofShop}`,
        [domain],
      );
      const [row] = await connector.db.query(`SELECT 1 FROM admin_tokens WHERE refused_at IS NOT NULL AND ${ofShop}`, [
        domain,
      ]);
      return row;
    });
    there.tokens.refuseExchange = { status: 400, error: 'invalid_subject_token' };
    const before = await overview();
    expect(before.adminAccess).toMatchObject({ state: 'needs_opening' });
    expect(before.problems).toMatchObject([
      { kind: 'admin_access', message: expect.stringContaining('open it again') },
    ]);
    there.tokens.refuseExchange = null;
    const after = await until('a later call gets a token', async () => {
      const now = await overview();
      return now.adminAccess.state === 'ok' ? now : undefined;
    });
    expect(after.problems).toEqual([]);
  });
});

it('a call gets the app a token if the old one has ended and its renewal fails', async () => {
  await overview();
  await until('it was exchanged', async () => {
    // Each time, as something may be renewing it.
    await connector.db.query(
      `UPDATE admin_tokens SET access_expires_at = now() - interval '1 second', failure = 'status_503'
       WHERE shop_id = (SELECT id FROM shops WHERE domain = $1)`,
      [domain],
    );
    await overview();
    return there.tokens.exchanges > 1 || undefined;
  });
});

describe('the daily upkeep', () => {
  it('refreshes the token of a shop nobody uses, and reads its facts again', async () => {
    await overview();
    there.facts = { ...there.facts, ianaTimezone: 'Asia/Tokyo' };
    await connector.db.query(
      `UPDATE admin_tokens SET renewed_at = now() - interval '25 hours', access_expires_at = now() - interval '24 hours'
       FROM shops s WHERE s.id = shop_id AND s.domain = $1`,
      [domain],
    );
    await until('it is renewed', async () => (there.tokens.refreshes === 1 ? true : undefined));
    await until('the facts are read', async () => ((await overview()).timeZone === 'Asia/Tokyo' ? true : undefined));
    expect(there.tokens.refreshes).toBe(1);
  });

  it('leaves a shop alone for an hour if Shopify is down', async () => {
    await overview();
    there.behaveTokens([{ status: 503 }]);
    await connector.db.query(
      `UPDATE admin_tokens SET renewed_at = now() - interval '25 hours', access_expires_at = now() - interval '24 hours'
       FROM shops s WHERE s.id = shop_id AND s.domain = $1`,
      [domain],
    );
    const [row] = await until('it rests', async () => {
      const found = await connector.db.query<{ minutes: number }>(
        `SELECT extract(epoch FROM rest_until - now())::float8 / 60 AS minutes FROM admin_tokens t
         JOIN shops s ON s.id = t.shop_id WHERE s.domain = $1 AND rest_until IS NOT NULL`,
        [domain],
      );
      return found.length > 0 ? found : undefined;
    });
    expect(row?.minutes).toBeGreaterThan(50);
    expect((await overview()).adminAccess.state).toBe('ok');
  });
});
