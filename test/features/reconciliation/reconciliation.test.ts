import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { beat } from '../../../server/store/shops/heartbeat.ts';
import { HOUR, MINUTE } from '../../durations.ts';
import { type Connector, SHOP, startConnector, until } from '../../fakes/connector.ts';
import { emailOf, type FakeShop, phoneOf } from '../../fakes/shopify-shop.ts';
import { homeRead } from '../../pipeline/read/home.ts';

/** All times in a test count from the same whole second, however long it takes. */
let start = 0;
const ago = (ms: number) => new Date(start - ms).toISOString();
type Payload = Record<string, unknown> & { Email?: string; Order?: Record<string, unknown> };

let connector: Connector;
let shop: FakeShop;

beforeEach(async () => {
  connector = await startConnector();
  shop = connector.admin.shop(SHOP);
  shop.bulk.polls = 0;
  await connector.connect();
  // A silence looked at only after the shop was made older would be reason to compare.
  await until('the first runs have set the point and looked at the silence', async () => {
    const rows = await connector.db.query(
      'SELECT 1 FROM reconciliations JOIN silences USING (shop_id) WHERE orders_until IS NOT NULL',
    );
    return rows.length > 0 ? true : undefined;
  });
  start = Math.floor(Date.now() / 1000) * 1000;
  // As if the app had been installed for two days and had compared yesterday.
  await connector.db.query(`UPDATE shops SET first_call_at = now() - interval '2 days'`);
  await connector.db.query(
    `UPDATE reconciliations SET orders_until = now() - interval '1 day', customers_until = now() - interval '1 day'`,
  );
});
afterEach(async () => await connector.stop());

/** Compares now, and waits until everything found has ended. */
async function compare(column: 'due_at' | 'consent_due_at' = 'due_at'): Promise<void> {
  await connector.db.query(`UPDATE reconciliations SET ${column} = now() - interval '1 second'`);
  await until('the comparison has ended', async () => {
    const [row] = await connector.db.query<{ over: boolean }>(
      `SELECT ${column} > now() + interval '1 hour' AS over FROM reconciliations`,
    );
    return row?.over ? true : undefined;
  });
  await connector.settled();
}

/**
 * Compares everybody's consent with a file that is created as things are now.
 * @param meanwhile happens before Shopify has written it
 */
async function compareConsent(meanwhile: () => Promise<void>): Promise<void> {
  shop.bulk.polls = Number.POSITIVE_INFINITY;
  await connector.db.query(`UPDATE reconciliations SET consent_due_at = now() - interval '1 second'`);
  await until('Shopify reads all customers', async () =>
    shop.bulk.operations.find(({ status }) => status !== 'COMPLETED'),
  );
  await meanwhile();
  shop.bulk.polls = 0;
  shop.bulk.finish();
  await until('the file is compared', async () => {
    const [row] = await connector.db.query<{ over: boolean }>(
      `SELECT consent_due_at > now() + interval '1 hour' AS over FROM reconciliations`,
    );
    // Only between two looks: whoever asks for a comparison during one has it begin anew.
    if (!row?.over)
      await connector.db.query(
        `UPDATE reconciliations SET consent_due_at = now() - interval '1 second' WHERE read_at IS NULL AND consent_due_at > now()`,
      );
    return row?.over ? true : undefined;
  });
  await connector.settled();
}

/** Waits until Shopify has been asked who someone is. */
const readOnce = async () =>
  await until('Shopify has been asked who this is', async () => {
    const rows = await connector.db.query(`SELECT 1 FROM consent_facts WHERE source = 'admin_read'`);
    return rows.length > 0 ? true : undefined;
  });

const payloads = () => connector.ascent360.received.map(({ body }) => body as Payload);
const found = async () =>
  await connector.db.query<{ topic: string; state: string; reason: string | null }>(
    `SELECT topic, state, reason FROM events WHERE source = 'reconciliation' ORDER BY id`,
  );
const problems = async () =>
  (
    (await connector.api('GET', '/overview')).body as {
      problems: { kind: string; message: string; count?: number; query?: string }[];
    }
  ).problems.filter(({ kind }) => kind === 'webhooks_missed');

function buyer(state: Parameters<typeof emailOf>[1] = {}) {
  return shop.setCustomer({
    id: 501,
    createdAt: ago(5 * HOUR),
    updatedAt: ago(4 * HOUR),
    firstName: 'Ana',
    defaultEmailAddress: emailOf('ana@example.com', state),
  });
}

function order(updatedAt: string, over: object = {}) {
  return shop.setOrder({
    id: 801,
    name: '#801',
    customerId: '501',
    email: 'ana@example.com',
    createdAt: ago(3 * HOUR),
    processedAt: ago(3 * HOUR),
    updatedAt,
    currentTotalPriceSet: { shopMoney: { amount: '19.9' } },
    ...over,
  });
}

/** The webhook of the same order, as Shopify would have sent it. */
const webhookOf = (updatedAt: string) => ({
  id: 801,
  name: '#801',
  email: 'ana@example.com',
  created_at: ago(3 * HOUR).replace('.000Z', '+00:00'),
  processed_at: ago(3 * HOUR),
  updated_at: updatedAt,
  buyer_accepts_marketing: false,
  test: false,
  source_name: 'web',
  currency: 'USD',
  financial_status: 'paid',
  fulfillment_status: null,
  current_total_price: '19.90',
  current_subtotal_price: '0.00',
  current_total_tax: '0.00',
  current_total_discounts: '0.00',
  current_shipping_price_set: { shop_money: { amount: '0.00' } },
  discount_codes: [],
  line_items: [],
  customer: { id: 501, first_name: 'Ana', email: 'ana@example.com' },
});

describe('an order whose webhooks never arrived', () => {
  it('is sent once, listed as a problem, and counted as received', async () => {
    buyer();
    order(ago(3 * HOUR));
    await compare();
    expect(payloads().filter(({ Order }) => Order)).toMatchObject([
      { Email: 'ana@example.com', Order: { Id: '801', Event: 'created', Total: '19.90' } },
    ]);
    expect(await found()).toMatchObject([
      { topic: 'customers/update', state: 'accepted' },
      { topic: 'orders/create', state: 'accepted' },
    ]);
    expect(await problems()).toMatchObject([
      { count: 2, message: expect.stringMatching(/about 1 order and 1 customer between .* UTC and .* UTC\./) },
    ]);
    expect((await connector.api('GET', '/overview')).body).toMatchObject({ counts: { '24h': { received: 2 } } });
    const sent = payloads().length;

    await connector.db.query(
      `UPDATE reconciliations SET orders_until = now() - interval '1 day', customers_until = now() - interval '1 day'`,
    );
    await compare();
    expect(payloads()).toHaveLength(sent);
    expect(await found()).toHaveLength(2);
  });

  it('is not sent again if its webhook arrives late', async () => {
    buyer();
    const at = ago(3 * HOUR);
    order(at);
    await compare();
    const sent = payloads().length;
    const late = await connector.deliver('orders/create', webhookOf(at), { triggeredAt: new Date(at) });
    expect(late).toMatchObject({ state: 'skipped', reason: 'stale' });
    expect(payloads()).toHaveLength(sent);
  });

  it('is sent as updated if an older state of it is known', async () => {
    buyer();
    await connector.deliver('customers/create', { id: 501, email: 'ana@example.com', updated_at: ago(4 * HOUR) });
    await connector.deliver('orders/create', webhookOf(ago(3 * HOUR)));
    order(ago(2 * HOUR), { displayFinancialStatus: 'REFUNDED' });
    await compare();
    expect(payloads().at(-1)).toMatchObject({ Order: { Event: 'updated', FinancialStatus: 'refunded' } });
    expect(await found()).toMatchObject([{ topic: 'orders/updated', state: 'accepted' }]);
  });
});

describe('what webhooks reported', () => {
  it('is recognised, and makes neither an event nor a problem', async () => {
    buyer();
    const at = ago(3 * HOUR);
    order(at);
    await connector.deliver('customers/create', { id: 501, email: 'ana@example.com', updated_at: ago(4 * HOUR) });
    await connector.deliver('orders/create', webhookOf(at));
    const sent = payloads().length;
    await compare();
    expect(await found()).toEqual([]);
    expect(await problems()).toEqual([]);
    expect(payloads()).toHaveLength(sent);
    expect(connector.admin.calls.filter(({ body }) => /query OrderById/.test(body))).toEqual([]);
  });

  it('may still be on its way: the last two minutes are left for the next comparison', async () => {
    buyer();
    order(ago(0));
    await compare();
    expect((await found()).map(({ topic }) => topic)).toEqual(['customers/update']);
    await connector.db.query('SELECT 1');
    const [point] = await connector.db.query<{ behind: boolean }>(
      `SELECT orders_until < now() - interval '100 seconds' AS behind FROM reconciliations`,
    );
    expect(point?.behind).toBe(true);
  });
});

describe('an opt-out whose webhook never arrived', () => {
  it('is found with the customer it changed, and sent once', async () => {
    // Shopify has them from the start: about one it doesn't have it is asked again only after 10 s.
    buyer();
    await connector.deliver('customers/create', { id: 501, email: 'ana@example.com', updated_at: ago(5 * HOUR) });
    buyer({ marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: ago(4 * HOUR) });
    await compare();
    expect(payloads().filter(({ EmailPermission }) => EmailPermission === false)).toHaveLength(1);
    const late = await connector.deliver('customers_email_marketing_consent/update', {
      customer_id: 501,
      email_address: 'ana@example.com',
      email_marketing_consent: { state: 'unsubscribed', opt_in_level: null, consent_updated_at: ago(4 * HOUR) },
    });
    expect(late.state).not.toBe('accepted');
    expect(payloads().filter(({ EmailPermission }) => EmailPermission === false)).toHaveLength(1);
  });

  it('is found with the customer it changed if it is by tag, and sent even if changes of customers are not', async () => {
    const addressPermission = { optIn: 'mail-ok', optOut: 'mail-stop' };
    await connector.connect({ send: { customers: false }, mapping: { addressPermission } });
    const tagged = (tag: string, updatedAt: string) =>
      shop.setCustomer({ ...buyer(), tags: [tag], updatedAt, defaultAddress: homeRead });
    tagged('mail-ok', ago(5 * HOUR));
    await connector.deliver('customer.tags_added', { customerId: 501, tags: ['mail-ok'], occurredAt: ago(5 * HOUR) });
    tagged('Mail-Stop', ago(4 * HOUR));
    await compare();
    expect(payloads().flatMap(({ AddressPermission }) => AddressPermission ?? [])).toEqual([true, false]);
  });

  it('is asked about once if it is by tag: the weekly comparison has nobody read again for a tag that is known', async () => {
    await connector.connect({ mapping: { addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' } } });
    const known = buyer();
    await connector.deliver('customers/create', { id: 501, email: 'ana@example.com', updated_at: known.updatedAt });
    await readOnce();
    shop.setCustomer({ ...known, tags: ['Mail-Stop'], defaultAddress: homeRead });
    await compare('consent_due_at');
    await until('the opt-out is accepted', async () =>
      payloads().some(({ AddressPermission }) => AddressPermission === false) ? true : undefined,
    );
    const asks = async () => await connector.db.query('SELECT read_asks FROM people');
    const before = await asks();
    await compare('consent_due_at');
    expect(await asks()).toEqual(before);
  });

  it('is found by the weekly comparison even if nothing shows that the customer changed', async () => {
    const known = buyer();
    await connector.deliver('customers/create', { id: 501, email: 'ana@example.com', updated_at: known.updatedAt });
    await readOnce();
    buyer({ marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: ago(2 * HOUR) });
    await compare('consent_due_at');
    expect(payloads().filter(({ EmailPermission }) => EmailPermission === false)).toHaveLength(1);
    expect(await found()).toMatchObject([{ topic: 'customers_email_marketing_consent/update', state: 'accepted' }]);
    expect(await problems()).toMatchObject([{ count: 1, message: expect.stringContaining('1 choice') }]);
    expect(
      await connector.db.query(
        `SELECT 1 FROM consent_facts WHERE source = 'reconciliation' AND state = 'unsubscribed'`,
      ),
    ).toHaveLength(1);

    await compare('consent_due_at');
    expect(await found()).toHaveLength(1);
    expect(payloads().filter(({ EmailPermission }) => EmailPermission === false)).toHaveLength(1);
  });

  it.each(['due_at', 'consent_due_at'] as const)(
    'of somebody who moved since undoes the opt-in that Ascent360 has for their old address as well, found when %s has come',
    async (column) => {
      const known = buyer();
      const optIn = { marketingOptInLevel: 'SINGLE_OPT_IN', marketingUpdatedAt: ago(4 * HOUR) } as const;
      const old = emailOf('old@example.com', { marketingState: 'SUBSCRIBED', ...optIn });
      shop.setCustomer({ ...known, defaultEmailAddress: old });
      await connector.deliver('customers/create', { id: 501, email: 'old@example.com', updated_at: known.updatedAt });
      await readOnce();
      await connector.settled();
      expect(payloads()).toMatchObject([{ Email: 'old@example.com', EmailPermission: true }]);
      const optedOut = buyer({ marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: ago(3 * HOUR) });
      shop.setCustomer({ ...optedOut, updatedAt: ago(2 * HOUR) });
      await compare(column);
      const told = () => payloads().filter(({ EmailPermission }) => EmailPermission === false);
      await until('both are told', async () => (told().length > 1 ? true : undefined));
      expect(
        told()
          .map(({ Email }) => Email)
          .sort(),
      ).toEqual(['ana@example.com', 'old@example.com']);
      await compare('consent_due_at');
      expect(told()).toHaveLength(2);
    },
  );
});

describe('a restore, with what docs/operations does before and after the start', () => {
  const [, before = '', over = '', after = ''] =
    /```sql\n([^`]+)```[^`]+`(SELECT [^`]+)`[^`]+```sql\n([^`]+)```/.exec(
      readFileSync('docs/operations/README.md', 'utf8').split('\n## Backups\n')[1] ?? '',
    ) ?? [];
  const run = async (script: string) => {
    for (const text of script.split(';').filter((one) => one.trim() !== '')) await connector.db.query(text);
  };

  it('sends the opt-out made since the backup and not the opt-in that waited in it, though Shopify was reading everybody when it was made', async () => {
    const known = buyer();
    await connector.deliver('customers/create', { id: 501, email: 'ana@example.com', updated_at: known.updatedAt });
    await readOnce();
    await compare('consent_due_at');
    connector.ascent360.behave({ status: 503, retryAfter: 3600 });
    await connector.send('customers_email_marketing_consent/update', {
      customer_id: 501,
      email_address: 'ana@example.com',
      email_marketing_consent: {
        state: 'subscribed',
        opt_in_level: 'single_opt_in',
        consent_updated_at: ago(3 * HOUR),
      },
    });
    await until('the opt-in waits for another try', async () => {
      const rows = await connector.db.query(
        `SELECT 1 FROM deliveries WHERE open AND lease_until IS NULL AND due_at > now() + interval '10 minutes'`,
      );
      return rows.length > 0 ? true : undefined;
    });
    // Shopify reads what it had then, and ends later.
    await connector.db.query('UPDATE reconciliations SET operation_id = $1, begun_at = now()', [
      shop.bulk.operations[0]?.id ?? '',
    ]);
    buyer({ marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: ago(2 * HOUR) });

    await run(before);
    await connector.db.query(`UPDATE deliveries SET due_at = now() - interval '1 second'`);
    connector.ascent360.behave('accept');
    connector.ascent360.received.length = 0;
    await until('everybody’s consent has been compared', async () =>
      (await connector.db.query<{ count: number }>(over))[0]?.count === 0 ? true : undefined,
    );
    expect((await connector.api('GET', '/overview')).body).toMatchObject({ connection: { state: 'paused' } });
    await run(after);
    await connector.settled();
    expect(payloads().map(({ EmailPermission }) => EmailPermission)).toEqual([false]);
  });
});

describe('comparing consent', () => {
  it('may still be on its way when the weekly comparison finds it: it is sent once, and is no problem', async () => {
    const known = buyer();
    await connector.deliver('customers/create', { id: 501, email: 'ana@example.com', updated_at: known.updatedAt });
    await readOnce();
    buyer({ marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: ago(1000) });
    await compare('consent_due_at');
    const late = await connector.deliver('customers_email_marketing_consent/update', {
      customer_id: 501,
      email_address: 'ana@example.com',
      email_marketing_consent: { state: 'unsubscribed', opt_in_level: null, consent_updated_at: ago(1000) },
    });
    expect(late.state).not.toBe('accepted');
    expect(payloads().filter(({ EmailPermission }) => EmailPermission === false)).toHaveLength(1);
    expect(await problems()).toEqual([]);
  });

  it('counts as missed what the entry opens, and nothing else that it found', async () => {
    const known = buyer();
    await connector.deliver('customers/create', { id: 501, email: 'ana@example.com', updated_at: known.updatedAt });
    const ben = { id: 502, createdAt: ago(5 * HOUR), updatedAt: ago(4 * HOUR), firstName: 'Ben' };
    shop.setCustomer({ ...ben, defaultEmailAddress: emailOf('ben@example.com') });
    await connector.deliver('customers/create', { id: 502, email: 'ben@example.com', updated_at: ben.updatedAt });
    await until('Shopify has been asked about both', async () => {
      const rows = await connector.db.query(`SELECT 1 FROM consent_facts WHERE source = 'admin_read'`);
      return rows.length >= 2 ? true : undefined;
    });
    buyer({ marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: ago(2 * HOUR) });
    const justNow = { marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: ago(1000) } as const;
    shop.setCustomer({ ...ben, defaultEmailAddress: emailOf('ben@example.com', justNow) });
    await compare('consent_due_at');
    expect(await found()).toHaveLength(2);
    const [problem] = await problems();
    expect(problem).toMatchObject({ count: 1 });
    const opened = async () => (await connector.api('GET', `/activity?${problem?.query}`)).body;
    expect(await opened()).toMatchObject({ total: 1, items: [{ summary: { who: 'ana@example.com' } }] });
    await connector.deliver('customers/redact', { shop_domain: SHOP, customer: { id: 502 }, orders_to_redact: [] });
    expect(await opened()).toMatchObject({ total: 1 });
  });

  it('finds what was chosen before the app was installed, as while it was gone: it is sent, and no webhook was missed', async () => {
    const known = buyer();
    await connector.deliver('customers/create', { id: 501, email: 'ana@example.com', updated_at: known.updatedAt });
    await readOnce();
    await connector.db.query(
      `UPDATE shops SET first_call_at = now() - interval '1 hour', first_webhook_at = now() - interval '1 hour'`,
    );
    buyer({ marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: ago(2 * HOUR) });
    await compare('consent_due_at');
    expect(payloads().filter(({ EmailPermission }) => EmailPermission === false)).toHaveLength(1);
    expect(await problems()).toEqual([]);
  });

  it('finds an opt-out without a date of a customer about whom it knew no choice, and sends it as one from before', async () => {
    const known = buyer({ marketingState: 'NOT_SUBSCRIBED', marketingUpdatedAt: ago(2 * HOUR) });
    await connector.deliver('customers/create', { id: 501, email: 'ana@example.com', updated_at: known.updatedAt });
    await readOnce();
    buyer({ marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: null });
    await compare('consent_due_at');
    await compare('consent_due_at');
    expect(payloads().filter(({ EmailPermission }) => EmailPermission === false)).toHaveLength(1);
    expect(await problems()).toEqual([]);
    const facts = await connector.db.query(`SELECT chosen_at FROM consent_facts WHERE state = 'unsubscribed'`);
    expect(facts).toEqual([{ chosen_at: null }]);
  });

  it('records what makes no flag due, without an event', async () => {
    const known = buyer();
    await connector.deliver('customers/create', { id: 501, email: 'ana@example.com', updated_at: known.updatedAt });
    await readOnce();
    buyer({ marketingState: 'PENDING', marketingUpdatedAt: ago(2 * HOUR) });
    await compare('consent_due_at');
    await compare('consent_due_at');
    expect(await found()).toEqual([]);
    const facts = await connector.db.query<{ state: string }>(
      `SELECT state FROM consent_facts WHERE source = 'reconciliation'`,
    );
    expect(facts).toEqual([{ state: 'pending' }]);
  });

  it('knows where to send an opt-out that a setting releases later, though a customer came to the address unnoticed', async () => {
    await connector.connect({ consent: { email: { history: 'none' } } });
    const known = buyer();
    shop.setCustomer({ ...known, defaultEmailAddress: emailOf('old@example.com') });
    await connector.deliver('customers/create', { id: 501, email: 'old@example.com', updated_at: known.updatedAt });
    await readOnce();
    buyer({ marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: '2020-01-01T00:00:00Z' });
    await compare('consent_due_at');
    expect(await found()).toEqual([]);
    await connector.connect();
    await until('the opt-out is sent', async () =>
      payloads().some(({ EmailPermission }) => EmailPermission === false) ? true : undefined,
    );
    expect(payloads().at(-1)).toMatchObject({ Email: 'ana@example.com', EmailPermission: false });
  });

  it('takes what a file says of a customer who was merged away since for theirs: their address is not the kept customer’s', async () => {
    const known = buyer();
    await connector.deliver('customers/create', { id: 501, email: 'ana@example.com', updated_at: known.updatedAt });
    const kept = shop.setCustomer({ id: 502, defaultEmailAddress: emailOf('kept@example.com') });
    await connector.deliver('customers/create', { id: 502, email: 'kept@example.com', updated_at: kept.updatedAt });
    await readOnce();
    await connector.deliver('customers/merge', {
      admin_graphql_api_customer_kept_id: 'gid://shopify/Customer/502',
      admin_graphql_api_customer_deleted_id: 'gid://shopify/Customer/501',
      status: 'completed',
    });
    buyer({ marketingState: 'PENDING', marketingUpdatedAt: ago(2 * HOUR) });
    await compare('consent_due_at');
    const addresses = await connector.db.query(
      `SELECT count(*) AS kept FROM addresses a JOIN people p ON p.id = a.person_id
       WHERE a.channel = 'email' AND p.merged_into IS NULL`,
    );
    expect(addresses).toEqual([{ kept: 1 }]);
    const facts = await connector.db.query(
      `SELECT p.merged_into IS NOT NULL AS away FROM consent_facts f JOIN people p ON p.id = f.person_id WHERE f.state = 'pending'`,
    );
    expect(facts).toEqual([{ away: true }]);
  });

  it.each([
    ['+13035550101', 'UNSUBSCRIBED', 0],
    ['+13035550101', 'PENDING', 0],
    ['+13035550103', 'UNSUBSCRIBED', 0],
    ['+13035550103', 'PENDING', 0],
    ['+13035550101', 'PENDING', 5 * MINUTE],
    ['+13035550103', 'UNSUBSCRIBED', 5 * MINUTE],
  ] as const)(
    'takes %s for no newer than the number a customer got while Shopify wrote the file that names it, %s: an opt-out without a number is about the newer one, also with our clock %i ms ahead of Shopify’s',
    async (inFile, state, behindMs) => {
      shop.bulk.behindMs = behindMs;
      const tell = async (topic: string, body: object, at: string) =>
        await connector.deliver(topic, body, { triggeredAt: new Date(at) });
      const [first, last] = ['+13035550101', '+13035550102'];
      const choice = (said: string, at: string, phone: string | null) => ({
        id: 501,
        phone,
        sms_marketing_consent: { state: said, opt_in_level: 'single_opt_in', consent_updated_at: at },
      });
      const known = shop.setCustomer({ ...buyer(), defaultPhoneNumber: phoneOf(first) });
      await connector.deliver('customers/create', { id: 501, phone: first, updated_at: known.updatedAt });
      await readOnce();
      shop.setCustomer({ ...known, defaultPhoneNumber: phoneOf(inFile, { state, updatedAt: ago(HOUR) }) });
      await compareConsent(async () => {
        const updatedAt = new Date(Date.now() - behindMs).toISOString();
        const chosen = { state: 'SUBSCRIBED', optInLevel: 'SINGLE_OPT_IN', updatedAt } as const;
        shop.setCustomer({ ...known, updatedAt, defaultPhoneNumber: phoneOf(last, chosen) });
        await tell('customers/update', { id: 501, phone: last, updated_at: updatedAt }, updatedAt);
        await tell('customers_marketing_consent/update', choice('subscribed', updatedAt, last), updatedAt);
        await connector.settled();
      });
      const later = ago(-MINUTE);
      await tell('customers_marketing_consent/update', choice('unsubscribed', later, null), later);
      await connector.settled();
      expect(connector.ascent360.lastAccepted('13035550102', 'SMSPermission')).toBe(false);
    },
  );

  it('ignores history of people we have never seen', async () => {
    buyer({ marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: '2020-01-01T00:00:00Z' });
    await compare('consent_due_at');
    expect(await found()).toEqual([]);
    expect(await connector.db.query('SELECT 1 FROM consent_facts')).toEqual([]);
  });
});

describe('an opt-out from the sale of a customer’s data', () => {
  it('that changes nothing else of the customer is found by the weekly comparison: they join no list', async () => {
    const known = buyer();
    await connector.deliver('customers/create', { id: 501, email: 'ana@example.com', updated_at: known.updatedAt });
    await readOnce();
    shop.setCustomer({ ...known, dataSaleOptOut: true });
    await compare('consent_due_at');
    await connector.connect({ providerType: 3, listIds: ['7'], listsFor: 'everyone' });
    await connector.deliver('orders/create', webhookOf(ago(HOUR)));
    await connector.settled();
    expect(payloads().at(-1)).toMatchObject({ Email: 'ana@example.com', Order: { Name: '#801' } });
    expect(payloads().at(-1)).not.toHaveProperty('ListIds');
    expect(await found()).toEqual([]);
  });

  it('that comes with a change which is nothing new to us is kept by the daily comparison: they join no list', async () => {
    const known = buyer();
    await connector.deliver('customers/create', {
      ...webhookOf(known.updatedAt).customer,
      updated_at: known.updatedAt,
    });
    await readOnce();
    await connector.settled();
    shop.setCustomer({ ...known, updatedAt: ago(2 * HOUR), dataSaleOptOut: true });
    await compare();
    expect(await found()).toEqual([]);
    await connector.connect({ providerType: 3, listIds: ['7'], listsFor: 'everyone' });
    await connector.deliver('orders/create', webhookOf(ago(HOUR)));
    await connector.settled();
    expect(payloads().at(-1)).toMatchObject({ Email: 'ana@example.com', Order: { Name: '#801' } });
    expect(payloads().at(-1)).not.toHaveProperty('ListIds');
  });

  it('that is withdrawn is found as well: nothing is sent for it, and the lists go with whatever is sent next', async () => {
    await connector.connect({ providerType: 3, listIds: ['7'], listsFor: 'everyone' });
    const known = shop.setCustomer({ ...buyer(), dataSaleOptOut: true });
    await connector.deliver('customers/create', { id: 501, email: 'ana@example.com', updated_at: known.updatedAt });
    await readOnce();
    await connector.settled();
    const before = payloads().length;
    for (const payload of payloads()) expect(payload).not.toHaveProperty('ListIds');

    shop.setCustomer({ ...known, dataSaleOptOut: false });
    await compare('consent_due_at');
    expect(payloads()).toHaveLength(before);
    expect(await found()).toEqual([]);

    await connector.deliver('orders/create', webhookOf(ago(HOUR)));
    await connector.settled();
    expect(payloads()).toHaveLength(before + 1);
    expect(payloads().at(-1)).toMatchObject({ Order: { Name: '#801' }, ListIds: ['7'] });
    for (const payload of payloads()) expect(payload).not.toHaveProperty('EmailPermission');
  });

  it('is not undone by a file that was requested before the person was read', async () => {
    await connector.connect({ providerType: 3, listIds: ['7'], listsFor: 'everyone' });
    const known = buyer();
    await compareConsent(async () => {
      shop.setCustomer({ ...known, dataSaleOptOut: true });
      await connector.deliver('customers/create', { id: 501, email: 'ana@example.com', updated_at: known.updatedAt });
      await readOnce();
    });
    await connector.deliver('orders/create', webhookOf(ago(HOUR)));
    await connector.settled();
    expect(payloads().at(-1)).toMatchObject({ Order: { Name: '#801' } });
    for (const payload of payloads()) expect(payload).not.toHaveProperty('ListIds');
  });
});

describe('the weekly comparison', () => {
  it('continues without what the app may not see, and finds the choices that it may', async () => {
    const known = buyer();
    await connector.deliver('customers/create', { id: 501, email: 'ana@example.com', updated_at: known.updatedAt });
    await readOnce();
    shop.denied.add('Customer.firstName').add('Customer.dataSaleOptOut').add('CustomerPhoneNumber.phoneNumber');
    buyer({ marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: ago(2 * HOUR) });
    await compare('consent_due_at');
    expect(shop.bulk.operations).toMatchObject([{ status: 'COMPLETED' }]);
    expect(payloads().filter(({ EmailPermission }) => EmailPermission === false)).toHaveLength(1);
  });

  it('goes on while Shopify refuses to say which orders changed', async () => {
    const known = buyer();
    await connector.deliver('customers/create', { id: 501, email: 'ana@example.com', updated_at: known.updatedAt });
    await readOnce();
    shop.denied.add('QueryRoot.orders');
    buyer({ marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: ago(2 * HOUR) });
    await connector.db.query(`UPDATE reconciliations SET due_at = now() - interval '1 second'`);
    await compare('consent_due_at');
    expect(payloads().filter(({ EmailPermission }) => EmailPermission === false)).toHaveLength(1);
    expect(connector.admin.calls.some(({ body }) => body.includes('OrdersChanged'))).toBe(true);
  });

  it('takes a choice that it may not see for none', async () => {
    const known = buyer({
      marketingState: 'SUBSCRIBED',
      marketingOptInLevel: 'SINGLE_OPT_IN',
      marketingUpdatedAt: ago(HOUR),
    });
    await connector.deliver('customers/create', { id: 501, email: 'ana@example.com', updated_at: known.updatedAt });
    await readOnce();
    await connector.settled();
    const before = payloads().length;
    const facts = async () => await connector.db.query('SELECT state FROM consent_facts');
    const factsBefore = await facts();
    shop.denied.add('CustomerEmailAddress.marketingState');
    buyer({ marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: ago(HOUR / 2) });
    await compare('consent_due_at');
    expect(await facts()).toEqual(factsBefore);
    expect(await found()).toEqual([]);
    expect(payloads()).toHaveLength(before);
  });
});

describe('deleted and erased people', () => {
  it('are not brought back, even if Shopify still has them', async () => {
    buyer({ marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: ago(4 * HOUR) });
    await connector.deliver('customers/redact', { customer: { id: 501, email: 'ana@example.com' } });
    order(ago(3 * HOUR));
    await compare();
    await compare('consent_due_at');
    expect(payloads()).toEqual([]);
    expect(await found()).toEqual([]);
    expect(await problems()).toEqual([]);
  });
});

describe('the time up to which changes are known', () => {
  it('does not move past an order that Shopify fails to return; the others are found, and it is asked for again', async () => {
    buyer();
    order(ago(2 * HOUR));
    order(ago(HOUR), { id: 802, name: '#802' });
    let asked = 0;
    shop.behave((operation) =>
      operation === 'OrderById' && ++asked === 1
        ? { errors: [{ message: 'Field error', extensions: { code: 'X' } }] }
        : {},
    );
    await compare();
    expect((await found()).filter(({ topic }) => topic.startsWith('orders/'))).toEqual([
      { topic: 'orders/create', state: 'accepted', reason: null },
      { topic: 'orders/create', state: 'accepted', reason: null },
    ]);
    expect(payloads().map(({ Order }) => Order?.['Name'])).toEqual(expect.arrayContaining(['#801', '#802']));
    // Once more if another comparison comes before its event is complete.
    expect(asked).toBeGreaterThanOrEqual(3);
  });

  it('does not move if Shopify returns none of the orders', async () => {
    buyer();
    order(ago(2 * HOUR));
    order(ago(HOUR), { id: 802, name: '#802' });
    shop.behave((operation) =>
      operation === 'OrderById' ? { errors: [{ message: 'Field error', extensions: { code: 'X' } }] } : {},
    );
    await compare();
    expect((await found()).filter(({ topic }) => topic.startsWith('orders/'))).toEqual([]);
    shop.behave(() => ({}));
    await compare();
    expect((await found()).filter(({ topic }) => topic.startsWith('orders/'))).toHaveLength(2);
  });

  it('moves for orders though Shopify refuses to say which customers changed, and not for customers', async () => {
    buyer();
    order(ago(3 * HOUR));
    shop.behave((operation) =>
      operation === 'CustomersChanged' ? { errors: [{ message: 'no', extensions: { code: 'undefinedField' } }] } : null,
    );
    await compare();
    expect((await found()).map(({ topic }) => topic)).toEqual(['orders/create']);
    shop.behave([]);
    await compare();
    expect((await found()).map(({ topic }) => topic)).toEqual(['orders/create', 'customers/update']);
  });

  it('closes the entry of what was missed after a week without more, though Shopify refuses to say which customers changed', async () => {
    buyer();
    order(ago(3 * HOUR));
    await compare();
    expect(await problems()).toHaveLength(1);
    await connector.db.query(
      `UPDATE problems SET detail = detail || jsonb_build_object('to', now() - interval '8 days') WHERE kind = 'webhooks_missed'`,
    );
    shop.behave((operation) =>
      operation === 'CustomersChanged' ? { errors: [{ message: 'no', extensions: { code: 'undefinedField' } }] } : null,
    );
    await compare();
    expect(await problems()).toEqual([]);
  });

  it('does not move while Shopify can’t be asked, and what was missed is found afterwards', async () => {
    buyer();
    order(ago(3 * HOUR));
    shop.behave((operation) =>
      operation === 'OrdersChanged' ? { errors: [{ message: 'no', extensions: { code: 'undefinedField' } }] } : null,
    );
    const before = await connector.db.query('SELECT orders_until FROM reconciliations');
    await connector.db.query(`UPDATE reconciliations SET due_at = now() - interval '1 second'`);
    await until('Shopify was asked', async () =>
      connector.admin.calls.some(({ body }) => body.includes('OrdersChanged')) ? true : undefined,
    );
    // The comparison puts itself off at its end: later than this, it would put off the next one.
    await until('it is over', async () => {
      const rows = await connector.db.query('SELECT 1 FROM reconciliations WHERE due_at > now()');
      return rows.length > 0 ? true : undefined;
    });
    expect(await connector.db.query('SELECT orders_until FROM reconciliations')).toEqual(before);
    shop.behave([]);
    await compare();
    expect(payloads().filter(({ Order }) => Order)).toHaveLength(1);
  });

  it('goes back if a clock was ahead: what was missed meanwhile is found, but nothing from before the installation', async () => {
    buyer();
    order(ago(3 * HOUR));
    order(ago(72 * HOUR), { id: 802, name: '#802', createdAt: ago(72 * HOUR) });
    await connector.db.query(
      `UPDATE reconciliations SET orders_until = now() + interval '1 day', customers_until = now() + interval '1 day'`,
    );
    await compare();
    expect(payloads().flatMap(({ Order }) => Order?.['Name'] ?? [])).toEqual(['#801']);
    const [point] = await connector.db.query<{ sane: boolean }>(
      `SELECT orders_until < now() AND orders_until > now() - interval '1 hour' AS sane FROM reconciliations`,
    );
    expect(point?.sane).toBe(true);
  });

  it('is none that Shopify’s clock hasn’t come to, with ours nine minutes ahead: what changes after it is found', async () => {
    await compare();
    order(ago(8 * MINUTE), { createdAt: ago(8 * MINUTE) });
    await compare();
    expect((await found()).map(({ topic }) => topic)).toEqual(['orders/create']);
  });

  it('is set anew by a reinstall: changes from in between are not requested', async () => {
    buyer();
    order(ago(3 * HOUR));
    await connector.deliver('app/uninstalled', { id: 1 }, { triggeredAt: new Date(Date.now() + 1000) });
    expect(await connector.db.query('SELECT 1 FROM reconciliations')).toEqual([]);
    await until('the point is set again', async () => {
      // A token issued in the very second of the uninstallation proves nothing.
      await connector.api('GET', '/overview');
      const rows = await connector.db.query(
        `SELECT 1 FROM reconciliations WHERE orders_until > now() - interval '1 hour' AND due_at > now()`,
      );
      return rows.length > 0 ? true : undefined;
    });
    expect(await found()).toEqual([]);
  });

  it('does not wait for the next regular comparison after a downtime', async () => {
    const due = async () =>
      (
        await connector.db.query<{ soon: boolean }>(
          `SELECT due_at < now() + interval '5 minutes' AS soon FROM reconciliations`,
        )
      )[0]?.soon;
    await beat(connector.db);
    expect(await due()).toBe(false);
    await connector.db.query(`UPDATE heartbeats SET at = now() - interval '11 minutes'`);
    await beat(connector.db);
    expect(await due()).toBe(true);
  });
});
