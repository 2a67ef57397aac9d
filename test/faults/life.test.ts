import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createKeys } from '../../server/platform/keys.ts';
import { type Connector, SHOP, startConnector, until } from '../fakes/connector.ts';
import { placesThatHold } from '../fakes/decrypting-search.ts';
import { judge, SURVIVED, sendUntilTaken, someCustomer } from '../fakes/fault-oracle.ts';
import { customer, EMAIL, emailConsent, order, SMS, smsConsent } from '../pipeline/bodies.ts';

const KEY = Buffer.alloc(32, 1);
const METRICS_TOKEN = 'metrics-token';

let connector: Connector;
beforeEach(async () => {
  connector = await startConnector({
    ENCRYPTION_KEYS: `k1:${KEY.toString('base64')}`,
    METRICS_TOKEN,
    // Long enough for a busy machine: what waits for a retry, or for its answer, hasn't been given up
    // when the test gets to it.
    RETRY_SCHEDULE: Array(30).fill('1s').join(),
    BREAKER_PROBE: '1s',
    LEASE: '25s',
  });
  onTestFinished(connector.stop);
});

const standings = async () => new Map((await connector.events()).map((event) => [event.webhook_id, event]));
const settled = async () => {
  await connector.settled();
  return await standings();
};
const state = async (webhookId: string) => {
  const { state, reason } = (await standings()).get(webhookId) ?? {};
  return { state, reason };
};
/**
 * How many events the process has translated; asked without signalling that the app is installed.
 */
const handled = async () => {
  const answer = await fetch(`${connector.url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });
  return Number(/connector_events_processed_total\{result="handled"\} (\d+)/.exec(await answer.text())?.[1] ?? 0);
};
/** Whether a POST about it is under way. */
const isBeingSent = async (webhookId: string) => {
  const { body } = await connector.api('GET', `/activity?q=${webhookId}`);
  return (body as { items: { state: string }[] }).items.some((item) => item.state === 'sending');
};
const tried = async (count: number) =>
  await until(`${count} attempts`, async () => connector.ascent360.received.length >= count || undefined);

describe('while a retry waits', () => {
  it('row 25: uninstalled: nothing is sent afterwards; late webhooks are ignored; so is a late app/uninstalled after a reinstall', async () => {
    await connector.connect();
    connector.ascent360.behave({ status: 503 });
    const waiting = await sendUntilTaken(() => connector, someCustomer());
    await tried(1);
    await until('none is being sent', async () => ((await isBeingSent(waiting.webhookId)) ? undefined : true));
    const uninstalledAt = new Date();
    const uninstalled = { ...someCustomer(), topic: 'app/uninstalled', body: { id: 1 } };
    const gone = await sendUntilTaken(() => connector, uninstalled);
    connector.ascent360.behave('accept');
    const late = someCustomer();
    await connector.send(late.topic, late.body, {
      webhookId: late.webhookId,
      triggeredAt: new Date(uninstalledAt.getTime() - 1000),
    });
    // An API call would signal that the app is installed, so none is made before both were handled.
    await until('all three were handled', async () => ((await handled()) >= 3 ? true : undefined));
    expect(await state(late.webhookId)).toEqual({ state: 'skipped', reason: 'uninstalled' });
    // An attempt may have been under way: then it ends with it.
    await until('what waited is skipped', async () =>
      (await state(waiting.webhookId))?.state === 'skipped' ? true : undefined,
    );
    expect(await state(waiting.webhookId)).toEqual({ state: 'skipped', reason: 'uninstalled' });
    expect(connector.ascent360.received.filter(({ accepted }) => accepted)).toEqual([]);
    // Installed again: the merchant opens the app. Then Shopify reports the uninstallation again,
    // too late.
    expect((await connector.api('GET', '/settings')).status).toBe(200);
    connector.ascent360.behave({ status: 503 });
    const seen = connector.ascent360.received.length;
    const kept = await sendUntilTaken(() => connector, someCustomer());
    await tried(seen + 1);
    const again = { webhookId: randomUUID(), triggeredAt: uninstalledAt };
    await connector.send('app/uninstalled', { id: 1 }, again);
    await until('it is ignored', async () =>
      (await state(again.webhookId))?.reason === 'lifecycle' ? true : undefined,
    );
    connector.ascent360.behave('accept');
    // What waited for a retry still waits: nothing was ended.
    await settled();
    const after = await sendUntilTaken(() => connector, someCustomer());
    await settled();
    for (const { webhookId } of [kept, after]) {
      expect(await state(webhookId)).toEqual({ state: 'accepted', reason: null });
    }
    expect(judge([waiting, gone, kept, after], await standings(), connector.ascent360)).toEqual(SURVIVED);
  });

  it('row 27: the GUID is changed: the next attempt goes to the new one, none to the old', async () => {
    const oldGuid = await connector.connect();
    connector.ascent360.behave(oldGuid, { status: 503 });
    const sent = await sendUntilTaken(() => connector, someCustomer());
    await tried(1);
    const newGuid = await connector.connect();
    const toOld = connector.ascent360.received.length;
    const ended = await settled();
    expect(judge([sent], ended, connector.ascent360)).toEqual(SURVIVED);
    expect(connector.ascent360.received.slice(toOld).map(({ guid }) => guid)).toEqual([newGuid]);
  });

  it('row 26: the person is erased: nothing about them is left in any table, and nothing is sent', async () => {
    await connector.connect({ mapping: { interests: [{ from: 'tag', prefix: 'interest:' }] } });
    const person = { id: 4242, email: 'Canary.Person@example.com', phone: '+15005550106' };
    const whole = {
      first_name: 'Canaryfirst',
      last_name: 'Canarylast',
      default_address: { address1: '1 Canarystreet' },
    };
    const about = customer(person.id, { ...person, ...whole });
    const send = async (topic: string, body: object) => {
      const sent = await sendUntilTaken(() => connector, { ...someCustomer(), topic, body, marker: null });
      return sent;
    };
    const now = new Date().toISOString();
    const sent = [
      await send('customers/create', about),
      await send(
        'orders/create',
        order(9, { email: person.email, customer: about, billing_address: { name: 'Canaryfirst' } }),
      ),
      await send(EMAIL, emailConsent(person.id, 'subscribed', now, { email_address: person.email })),
      await send(SMS, smsConsent(person.id, 'subscribed', now, person.phone)),
      // Bought as a guest, before they had an account.
      await send('orders/create', order(10, { email: person.email.toLowerCase(), name: '#G10' })),
    ];
    await settled();
    const guid = await connector.connect({ mapping: { interests: [{ from: 'tag', prefix: 'interest:' }] } });
    connector.ascent360.behave(guid, { status: 503, answer: `No, ${person.email} Canaryfirst` });
    const later = new Date(Date.now() + 1000).toISOString();
    sent.push(
      await send('customers/update', { ...about, note: 'Canaryfirst', updated_at: later, tags: 'interest:ski' }),
    );
    const attempts = connector.ascent360.received.length;
    sent.push(await send('orders/create', order(11, { email: person.email, customer: about })));
    await tried(attempts + 1);
    for (const { webhookId } of sent.slice(-2)) {
      await until('none is being sent', async () => ((await isBeingSent(webhookId)) ? undefined : true));
    }
    const redact = { customer: { id: person.id, email: person.email, phone: person.phone }, orders_to_redact: [9, 11] };
    await send('customers/redact', { shop_domain: SHOP, ...redact });
    connector.ascent360.behave(guid, 'accept');
    await settled();
    const calls = connector.ascent360.received.length;
    await sendUntilTaken(() => connector, someCustomer());
    await settled();
    expect(connector.ascent360.received.slice(calls).filter(({ raw }) => /canary/i.test(raw))).toEqual([]);
    expect(await everythingKept(person)).toEqual([]);
  });

  it('row 26: the person is erased while a POST about them is under way: its answer is not kept, and no retry follows', async () => {
    const guid = await connector.connect();
    const person = { id: 4242, email: 'Canary.Person@example.com', phone: '+15005550106' };
    const { promise: erased, resolve: answer } = Promise.withResolvers<void>();
    connector.ascent360.behave(guid, { after: erased, status: 503, answer: `No, ${person.email}` });
    const send = async (topic: string, body: object) =>
      await sendUntilTaken(() => connector, { ...someCustomer(), topic, body, marker: null });
    const sent = [await send('customers/create', customer(person.id, { ...person, first_name: 'Canaryfirst' }))];
    await tried(1);
    const request = await send('customers/redact', { shop_domain: SHOP, customer: person, orders_to_redact: [] });
    sent.push(request);
    await until('they are erased', async () => (await state(request.webhookId))?.reason === 'privacy' || undefined);
    answer();
    await until('the answer arrived', async () => (connector.ascent360.received[0]?.status === 503 ? true : undefined));
    connector.ascent360.behave(guid, 'accept');
    sent.push(await send('customers/create', customer(4243)));
    const ended = await settled();
    expect(ended.get(sent[0]?.webhookId ?? '')).toMatchObject({ state: 'skipped', reason: 'redacted' });
    expect(connector.ascent360.received.slice(1).filter(({ raw }) => /canary/i.test(raw))).toEqual([]);
    expect(await everythingKept(person)).toEqual([]);
  });

  it.each([
    [
      'could not be read',
      'customers/update',
      '{"id":4242,"email":"Canary.Person@example.com","first_name":"Canaryfirst",',
    ],
    ['had an unknown topic', 'carts/update', '{"email":"Canary.Person@example.com"}'],
    ['lacked what it needs', 'orders/create', '{"email":"Canary.Person@example.com"}'],
  ])('row 26: the person is erased even from an event that %s', async (_, topic, body) => {
    await connector.connect();
    const person = { id: 4242, email: 'Canary.Person@example.com', phone: '+15005550106' };
    const webhookId = randomUUID();
    expect((await connector.send(topic, body, { webhookId })).status).toBe(200);
    const send = async (topic: string, body: object) =>
      await sendUntilTaken(() => connector, { ...someCustomer(), topic, body, marker: null });
    await send('customers/create', customer(person.id, { ...person, first_name: 'Canaryfirst' }));
    await send('customers/redact', { shop_domain: SHOP, customer: person, orders_to_redact: [] });
    await send('customers/create', customer(4243));
    await settled();
    expect(await everythingKept(person)).toEqual([]);
  });

  /** Every place in the database where something about the person is found. */
  async function everythingKept(person: { email: string; phone: string }): Promise<string[]> {
    return await placesThatHold(connector.db, createKeys([{ id: 'k1', bytes: KEY }]), {
      pattern: new RegExp(`canary|${person.phone.slice(1)}`, 'i'),
      values: [person.email.toLowerCase(), person.email, person.phone, person.phone.slice(1)],
    });
  }
});
