import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Connector, SHOP, startConnector, until } from '../../fakes/connector.ts';
import { customer } from '../../pipeline/bodies.ts';
import { CANARY, redact, requests } from './scene.ts';

let connector: Connector;
beforeEach(async () => {
  connector = await startConnector();
  await connector.connect();
});
afterEach(async () => await connector.stop());

const damaged = Buffer.alloc(64);

/** Has what Shopify asked for handled anew, with this body as it is stored. */
async function handleWith(id: string, body: Uint8Array): Promise<void> {
  await connector.db.query(`UPDATE events SET state = 'received', body = $2 WHERE id = $1`, [id, body]);
  // Wakes the shop.
  await connector.deliver('customers/update', customer(8));
  await connector.settled();
}

const overview = async () =>
  ((await connector.api('GET', '/overview')).body as { problems: { kind: string; message: string }[] }).problems;

describe('a privacy request that could not be handled', () => {
  it.each([
    ['customers/redact', 'redact', /^We erased nothing/],
    ['shop/redact', 'shop_redact', /^Shopify asked us to erase your store’s data .*, but we couldn’t/],
    ['customers/data_request', 'data_request', /^A customer asked for their data, but/],
  ])(
    'is on the privacy page as not done, and can’t be dismissed until it is marked as done: %s',
    async (topic, kind, message) => {
      const event = await connector.deliver(topic, '[]');
      expect(event).toMatchObject({ state: 'attention', reason: 'unreadable' });
      expect(await requests(connector)).toMatchObject([
        { id: event.id, kind, state: 'open', message: expect.stringMatching(message) },
      ]);
      expect(await overview()).toMatchObject([{ count: 1, message: expect.stringMatching(/^We couldn’t handle /) }]);
      expect((await connector.api('GET', `/activity/${event.id}`)).body).toMatchObject({ isOpenRequest: true });
      expect((await connector.api('GET', '/issues?state=open')).body).toMatchObject({
        items: [{ count: 1, requests: 1 }],
      });

      expect(await connector.api('POST', `/activity/${event.id}/dismiss`)).toMatchObject({
        status: 409,
        body: { errors: [{ message: expect.stringMatching(/privacy page/) }] },
      });
      const bulk = { filter: { state: 'attention' } };
      for (const dryRun of [true, false]) {
        expect((await connector.api('POST', '/activity/dismiss', { ...bulk, dryRun })).body).toMatchObject({
          count: 0,
        });
      }
      expect(await connector.event(event.webhook_id)).toMatchObject({ state: 'attention' });

      const done = await connector.api('POST', `/privacy-requests/${event.id}/done`);
      expect(done.body).toMatchObject({ state: 'done', message: expect.stringMatching(/You marked it as done\.$/) });
      expect(await connector.event(event.webhook_id)).toMatchObject({ state: 'skipped', reason: 'dismissed' });
      expect(await overview()).toEqual([]);
    },
  );

  it('because its body is damaged is on the privacy page, and once it is handled after all, that is your turn', async () => {
    await connector.deliver('customers/create', customer(CANARY.id, CANARY));
    const event = await connector.deliver('customers/data_request', { shop_domain: SHOP, customer: { id: CANARY.id } });
    const [kept] = await connector.db.query<{ body: Uint8Array }>('SELECT body FROM events WHERE id = $1', [event.id]);
    await connector.db.query('DELETE FROM privacy_requests');
    await handleWith(event.id, damaged);
    expect(await requests(connector)).toMatchObject([{ id: event.id, kind: 'data_request', state: 'open' }]);

    await connector.db.query('UPDATE events SET body = $2 WHERE id = $1', [event.id, kept?.body ?? damaged]);
    expect((await connector.api('POST', `/activity/${event.id}/retry`, {})).status).toBe(202);
    await until('it is handled', async () =>
      (await connector.event(event.webhook_id))?.state === 'skipped' ? true : undefined,
    );
    expect(await requests(connector)).toMatchObject([
      {
        id: event.id,
        state: 'ready',
        who: { customerId: `${CANARY.id}` },
        message: expect.stringMatching(/Download it/),
      },
    ]);
  });

  it('and was marked as done can still be resent, and is open again if that doesn’t help', async () => {
    const event = await connector.deliver('customers/redact', '[]');
    expect((await connector.api('POST', `/privacy-requests/${event.id}/done`)).status).toBe(200);
    expect((await connector.api('POST', `/activity/${event.id}/retry`, {})).status).toBe(202);
    await until('it needs attention again', async () =>
      (await connector.event(event.webhook_id))?.state === 'attention' ? true : undefined,
    );
    expect(await requests(connector)).toMatchObject([{ id: event.id, state: 'open', doneAt: null }]);
  });

  it('is gone from the privacy page once resending it shows that there is nothing to do', async () => {
    const event = await connector.deliver('shop/redact', { shop_domain: SHOP });
    expect(event).toMatchObject({ state: 'skipped', reason: 'privacy' });
    const [kept] = await connector.db.query<{ body: Uint8Array }>('SELECT body FROM events WHERE id = $1', [event.id]);
    await handleWith(event.id, damaged);
    expect(await requests(connector)).toMatchObject([{ kind: 'shop_redact', state: 'open' }]);
    await connector.db.query('UPDATE events SET body = $2 WHERE id = $1', [event.id, kept?.body ?? damaged]);
    expect((await connector.api('POST', `/activity/${event.id}/retry`, {})).status).toBe(202);
    await until('it is handled', async () =>
      (await connector.event(event.webhook_id))?.state === 'skipped' ? true : undefined,
    );
    expect(await requests(connector)).toEqual([]);
  });

  it('is one of those that the overview counts together, whatever Shopify asked for', async () => {
    for (const topic of ['customers/redact', 'customers/data_request', 'shop/redact']) {
      await connector.deliver(topic, '[]');
    }
    expect(await overview()).toMatchObject([
      { count: 3, message: expect.stringMatching(/^We couldn’t handle 3 privacy requests/) },
    ]);
  });

  it('is no entry of its own among what couldn’t be read, and counts there with what else couldn’t', async () => {
    await connector.deliver('customers/redact', '[]');
    expect(await overview()).toMatchObject([{ kind: 'privacy_request', count: 1 }]);
    await connector.deliver('orders/create', '[]');
    const problems = await overview();
    expect(problems).toMatchObject([
      { kind: 'privacy_request', count: 1 },
      { kind: 'attention', reason: 'unreadable', count: 2 },
    ]);
    expect((await connector.api('GET', '/activity?state=attention&reason=unreadable')).body).toMatchObject({
      total: 2,
    });
  });

  it('for data is done once the person is erased: nothing is left to hand over, and it can’t be resent', async () => {
    await connector.deliver('customers/create', customer(CANARY.id, CANARY));
    const asked = { shop_domain: 'another.myshopify.com', customer: CANARY };
    const event = await connector.deliver('customers/data_request', asked);
    expect(event).toMatchObject({ state: 'attention', reason: 'unreadable' });
    await connector.deliver('customers/redact', redact({ id: CANARY.id }));
    expect(await connector.event(event.webhook_id)).toMatchObject({ state: 'skipped', reason: 'redacted' });
    expect((await requests(connector)).find(({ id }) => id === event.id)).toMatchObject({
      state: 'done',
      message: expect.stringMatching(/nothing left to hand over/),
    });
  });

  it('of a customer stays open when another is erased who has the same phone', async () => {
    const [one, other] = [{ id: 1, phone: CANARY.phone }, CANARY];
    for (const who of [one, other]) await connector.deliver('customers/create', customer(who.id, who));
    const asked: string[] = [];
    for (const topic of ['customers/data_request', 'customers/redact']) {
      const event = await connector.deliver(topic, { shop_domain: 'another.myshopify.com', customer: other });
      asked.push(event.webhook_id);
    }
    await connector.deliver('customers/redact', redact(one));
    for (const id of asked) expect(await connector.event(id)).toMatchObject({ state: 'attention' });
    const open = (await requests(connector)).filter(({ state }) => state === 'open');
    expect(open).toMatchObject([{ kind: 'redact' }, { kind: 'data_request' }]);
  });

  it('that names nobody we know can’t be dismissed either', async () => {
    const event = await connector.deliver('customers/redact', redact({}));
    expect((await connector.api('POST', `/activity/${event.id}/dismiss`)).status).toBe(409);
    expect((await connector.api('POST', `/privacy-requests/${event.id}/done`)).status).toBe(200);
    expect(await connector.event(event.webhook_id)).toMatchObject({ state: 'skipped', reason: 'dismissed' });
  });
});
