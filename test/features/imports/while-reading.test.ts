/**
 * Shopify takes minutes to write an import's file, and a record may be as old as the question: what
 * arrives meanwhile is newer. Its answers about customers in a list take a while, too.
 */
import { expect, it, onTestFinished } from 'vitest';
import { until } from '../../fakes/connector.ts';
import { EMAIL, emailConsent } from '../../pipeline/bodies.ts';
import { customer, type Scene, startScene } from './scene.ts';

const MAPPING = { mapping: { addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' } } };
const HOME = {
  firstName: 'Robin',
  lastName: 'Example',
  phone: null,
  address1: '1 Slope Way',
  address2: null,
  city: 'Denver',
  zip: '80202',
  province: 'Colorado',
  provinceCode: 'CO',
  country: 'United States',
  countryCodeV2: 'US',
};

async function open(settings: object): Promise<Scene> {
  const scene = await startScene(settings);
  onTestFinished(scene.stop);
  return scene;
}

/** Imports customers; `meanwhile` happens after Shopify was asked, and before it has written its file. */
async function importAll(scene: Scene, meanwhile: () => Promise<void>): Promise<void> {
  scene.shop.bulk.polls = 1_000_000;
  const { body } = await scene.post('/imports', { kind: 'customers' });
  // The comparison after the installation has Shopify read as well.
  await until('Shopify reads', async () => {
    const rows = await scene.connector.db.query('SELECT 1 FROM imports WHERE id = $1 AND operation_id IS NOT NULL', [
      body.id,
    ]);
    return rows.length > 0 ? true : undefined;
  });
  await meanwhile();
  scene.shop.bulk.finish();
  await scene.reaches(body.id, 'counted');
  await scene.post(`/imports/${body.id}/start`);
  await scene.reaches(body.id, 'done');
}

/** Imports a list of customers; `meanwhile` happens while Shopify's answer about them is on its way. */
async function importList(scene: Scene, meanwhile: () => Promise<void>): Promise<void> {
  const { id } = await scene.counted({ kind: 'customers', customerIds: [...scene.shop.customers.keys()] });
  let asked = 0;
  scene.shop.behave((operation) => (operation === 'CustomersByIds' && asked++ === 0 ? { meanwhile } : null));
  await scene.post(`/imports/${id}/start`);
  await scene.reaches(id, 'done');
  expect(asked).toBeGreaterThan(0);
}

/** The first customer opts out, and Shopify says so. */
async function optOut({ shop, connector }: Scene, id: string): Promise<void> {
  const now = new Date().toISOString();
  shop.setCustomer(customer(1, { marketingState: 'UNSUBSCRIBED', marketingUpdatedAt: now }));
  const of = { email_address: 'robin1@example.com' };
  await connector.deliver(EMAIL, emailConsent(id.split('/').at(-1) ?? '', 'unsubscribed', now, of));
}

it.each([
  { when: 'while Shopify writes the file of an import', importWith: importAll, behind: 0 },
  { when: 'while Shopify writes the file of an import', importWith: importAll, behind: 300 },
  { when: 'while Shopify’s answer about an imported list is on its way', importWith: importList, behind: 0 },
  { when: 'while Shopify’s answer about an imported list is on its way', importWith: importList, behind: 300 },
])(
  'a tag that opts out $when is not undone by the import, with our clock $behind seconds behind Shopify’s',
  async ({ importWith, behind }) => {
    const scene = await open(MAPPING);
    const { connector, shop } = scene;
    const { id } = shop.setCustomer({ ...customer(1), defaultAddress: HOME, tags: ['mail-ok'] });
    const shopifys = () => new Date(Date.now() + behind * 1000).toISOString();
    const tagged = async (tag: string) =>
      void (await connector.deliver(
        'customer.tags_added',
        { customerId: id, tags: [tag], occurredAt: shopifys() },
        { triggeredAt: shopifys() },
      ));
    const told = () =>
      connector.ascent360.received.flatMap(
        ({ body }) => (body as { AddressPermission?: boolean }).AddressPermission ?? [],
      );
    await tagged('mail-ok');
    await connector.settled();
    expect(told()).toEqual([true]);
    await importWith(scene, async () => {
      for (const operation of shop.bulk.operations) operation.createdAt = shopifys();
      await tagged('mail-stop');
      await connector.settled();
      expect(told()).toEqual([true, false]);
    });
    expect(told()).toEqual([true, false]);
    await connector.api('PUT', '/settings', {
      ...MAPPING,
      guid: 'b3e1f0a2-4c55-4d11-9a38-71f0a5cd1e77',
      newAccount: true,
    });
    await until('the new account is told', async () => (told().length > 2 ? true : undefined));
    expect(told()).toEqual([true, false, false]);
  },
);

it('an opt-out is not undone by an opt-in in a file whose date has not come yet', async () => {
  const scene = await open({ consent: { email: { history: 'all' } } });
  const { connector, shop } = scene;
  const optedIn = { marketingState: 'SUBSCRIBED', marketingOptInLevel: 'SINGLE_OPT_IN' } as const;
  const { id } = shop.setCustomer(customer(1, { ...optedIn, marketingUpdatedAt: '2100-01-01T00:00:00Z' }));
  const counted = await scene.counted({ kind: 'customers' });
  await optOut(scene, id);
  await connector.settled();
  await scene.post(`/imports/${counted.id}/start`);
  await scene.reaches(counted.id, 'done');
  const told = connector.ascent360.received.flatMap(
    ({ body }) => (body as { EmailPermission?: boolean }).EmailPermission ?? [],
  );
  expect(told).toEqual([false]);
});

it('an opt-out from the sale of data that the weekly comparison learns meanwhile is not undone by the file', async () => {
  const scene = await open({ providerType: 3, listIds: ['7'], listsFor: 'everyone' });
  const { connector, shop } = scene;
  const known = shop.setCustomer(customer(1));
  await connector.deliver('customers/create', {
    id: known.id,
    email: 'robin1@example.com',
    updated_at: known.updatedAt,
  });
  await connector.settled();
  await connector.connect({ providerType: 3, listIds: ['8'], listsFor: 'everyone' });
  const lists = () => connector.ascent360.received.map(({ body }) => (body as { ListIds?: string[] }).ListIds ?? null);
  expect(lists()).toContainEqual(['7']);
  const before = lists().length;
  const areCompared = async () =>
    await until('all customers are compared', async () => {
      const rows = await connector.db.query(
        `SELECT 1 FROM reconciliations WHERE consent_due_at > now() + interval '1 hour'`,
      );
      return rows.length > 0 ? true : undefined;
    });
  // The comparison after the installation is over: it knows nothing of the opt-out.
  await areCompared();
  await importAll(scene, async () => {
    shop.setCustomer({ ...known, dataSaleOptOut: true });
    shop.bulk.polls = 0;
    await connector.db.query(`UPDATE reconciliations SET consent_due_at = now() - interval '1 second'`);
    await areCompared();
  });
  expect(lists().slice(before)).toEqual([null]);
});

it('an opt-out is not undone by an opt-in whose date has not come yet, which the weekly comparison read before it', async () => {
  const scene = await open({});
  const { connector, shop } = scene;
  const compared = async () =>
    await until('all customers are compared', async () => {
      const rows = await connector.db.query(
        `SELECT 1 FROM reconciliations WHERE consent_due_at > now() + interval '1 hour'`,
      );
      return rows.length > 0 ? true : undefined;
    });
  await compared();
  const subscribed = { marketingState: 'SUBSCRIBED', marketingOptInLevel: 'SINGLE_OPT_IN' } as const;
  const { id } = shop.setCustomer(customer(1, { ...subscribed, marketingUpdatedAt: '2100-01-01T00:00:00Z' }));
  shop.bulk.polls = 1_000_000;
  const { length: before } = shop.bulk.operations;
  await connector.db.query(`UPDATE reconciliations SET consent_due_at = now() - interval '1 second'`);
  await until('Shopify reads', async () => (shop.bulk.operations.length > before ? true : undefined));
  await optOut(scene, id);
  await connector.settled();
  shop.bulk.finish();
  await compared();
  await connector.settled();
  const told = connector.ascent360.received.flatMap(
    ({ body }) => (body as { EmailPermission?: boolean }).EmailPermission ?? [],
  );
  expect(told).toEqual([false]);
});

it('an import that is cancelled while Shopify’s answer about its segment is on its way keeps nobody of it', async () => {
  const scene = await open({});
  const { connector, shop } = scene;
  shop.segments.set('gid://shopify/Segment/5', [shop.setCustomer(customer(1)).id]);
  let asked = 0;
  const cancel = async () => {
    const [row] = await connector.db.query<{ id: string }>('SELECT id FROM imports');
    expect(await scene.post(`/imports/${row?.id}/cancel`)).toMatchObject({ body: { state: 'cancelled' } });
  };
  shop.behave((operation) => (operation === 'SegmentMembers' && asked++ === 0 ? { meanwhile: cancel } : null));
  await scene.post('/imports', { kind: 'customers', segmentId: '5' });
  await until('nothing is left to do for it', async () => {
    const rows = await connector.db.query(`SELECT 1 FROM imports WHERE state = 'cancelled' AND NOT told_stale`);
    return rows.length > 0 ? true : undefined;
  });
  expect(asked).toBe(1);
  expect(await connector.db.query('SELECT 1 FROM import_pages')).toEqual([]);
});

it('an import of orders feeds no more than a little ahead of what Shopify says of their customers', async () => {
  const mapping = { dateOfBirth: { from: 'metafield', key: 'facts.birth_date' } };
  const scene = await startScene({ mapping }, { READ_WAIT: '1h' });
  onTestFinished(scene.stop);
  const metafields = [{ namespace: 'facts', key: 'birth_date', type: 'date', value: '1990-02-01' }];
  const at = new Date().toISOString();
  for (let n = 0; n < 250; n++) {
    const { id } = scene.shop.setCustomer({ ...customer(n), metafields });
    scene.shop.setOrder({ id: n + 1, customerId: id, createdAt: at, updatedAt: at });
  }
  const answered = Promise.withResolvers<void>();
  scene.shop.behave((operation) =>
    operation === 'CustomersByIds' ? { meanwhile: async () => answered.promise } : null,
  );
  const { id } = await scene.counted({ kind: 'orders' });
  await scene.post(`/imports/${id}/start`);
  await until('the first wait for Shopify', async () => {
    const { waits } = await scene.get(id);
    return waits.some(({ reason, count }) => reason === 'reading_shopify' && count > 0) ? true : undefined;
  });
  const refreshed = async () =>
    (await scene.connector.db.query<{ at: number }>('SELECT extract(epoch FROM rate_at) AS at FROM imports'))[0]?.at;
  const before = await refreshed();
  await until('it has looked for room since', async () => ((await refreshed()) === before ? undefined : true));
  expect((await scene.get(id)).counts.waiting).toBeLessThanOrEqual(100);
  answered.resolve();
  expect(await scene.reaches(id, 'done')).toMatchObject({ done: 250, counts: { accepted: 250 } });
  const births = scene.connector.ascent360.received.map(({ body }) => (body as { DateOfBirth?: string }).DateOfBirth);
  expect(births).toEqual(new Array(250).fill('02-01-1990'));
});
