/** Two customers who had one address: what Shopify asks about one takes nothing from the other, and shows nothing of the other. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Connector, startConnector, until } from '../../fakes/connector.ts';
import { placesThatHold } from '../../fakes/decrypting-search.ts';
import { ago, customer, EMAIL, emailConsent, MINUTE } from '../../pipeline/bodies.ts';
import { CANARY, keys, redact, requests } from './scene.ts';

let connector: Connector;
beforeEach(async () => {
  connector = await startConnector();
  await connector.connect();
});
afterEach(async () => await connector.stop());

const SHARED = 'shared@example.com';
const one = { id: 1, email: SHARED };

async function choose(id: number, state: string, msAgo: number): Promise<void> {
  const body = emailConsent(id, state, ago(msAgo), { email_address: SHARED });
  await connector.deliver(EMAIL, body, { triggeredAt: new Date(Date.now() - msAgo) });
}

const flags = () =>
  connector.ascent360.received.map(({ raw }) => JSON.parse(raw).EmailPermission).filter((flag) => flag !== undefined);

/** What the page of customer 2 shows of decisions and choices. */
async function timeline(): Promise<{ kind: string }[]> {
  const { body } = await connector.api('GET', '/people?q=2');
  const [found] = (body as { items: { id: string; customerId: string }[] }).items;
  expect(found?.customerId).toBe('2');
  const person = (await connector.api('GET', `/people/${found?.id}`)).body as { timeline: { kind: string }[] };
  return person.timeline.filter(({ kind }) => kind === 'decision' || kind === 'fact');
}

it('erasing one keeps the decisions about the other’s choice, with their reasons', async () => {
  await choose(2, 'unsubscribed', 3 * MINUTE);
  await connector.deliver('customers/create', customer(1, { email: SHARED }));
  await connector.deliver('customers/redact', redact(one));
  expect(await timeline()).toMatchObject([
    { kind: 'decision', decision: 'left_out', reason: 'already_told' },
    { kind: 'decision', decision: 'told', value: false, reason: 'due' },
    { kind: 'fact', state: 'unsubscribed' },
  ]);
});

it('erasing one who opted out there brings no older opt-in of the other back', async () => {
  await choose(2, 'subscribed', 3 * MINUTE);
  await choose(1, 'unsubscribed', MINUTE);
  expect(flags()).toEqual([true, false]);
  await connector.deliver('customers/redact', redact(one));
  await connector.deliver('customers/update', customer(2, { email: SHARED, updated_at: ago(0) }));
  expect(flags()).toEqual([true, false]);
  // What stays is about the address, and names nobody.
  expect(await connector.db.query('SELECT state FROM consent_facts WHERE person_id IS NULL')).toEqual([
    { state: 'unsubscribed' },
  ]);
});

it('erasing one whose opt-out there was waiting has it sent with the other', async () => {
  await choose(2, 'subscribed', 3 * MINUTE);
  await connector.api('PUT', '/settings', { paused: true });
  await connector.send(EMAIL, emailConsent(1, 'unsubscribed', ago(MINUTE), { email_address: SHARED }));
  await connector.deliver('customers/redact', redact(one));
  await connector.api('PUT', '/settings', { paused: false });
  await until('the opt-out is sent', async () => flags().includes(false) || undefined);
  expect(flags()).toEqual([true, false]);
});

it('the export of one shows no choice of the other, nor what was decided about it', async () => {
  await choose(2, 'unsubscribed', 3 * MINUTE);
  await choose(1, 'subscribed', MINUTE);
  await connector.deliver('customers/data_request', { customer: one, data_request: { id: 1 } });
  const [item] = await requests(connector);
  const { body } = await connector.api('GET', `/privacy-requests/${item?.id}/export`);
  const { consent } = body as { consent: { choices: object[]; decisions: object[] } };
  expect(consent.choices).toMatchObject([{ state: 'subscribed' }]);
  expect(consent.decisions).toMatchObject([{ permission: true }]);
});

it('erasing one leaves the data request of the other, who named the same address', async () => {
  await connector.deliver('customers/create', customer(1, { email: SHARED }));
  const other = { id: 2, email: 'two@example.com', phone: '+15005550106' };
  await connector.deliver(
    'customers/data_request',
    { customer: other, data_request: { id: 2 } },
    { webhookId: 'other' },
  );
  await connector.deliver('customers/redact', redact({ ...one, phone: other.phone }));
  const request = (await requests(connector)).find(({ kind }) => kind === 'data_request');
  expect(request).toMatchObject({ state: 'ready', who: { customerId: '2', email: other.email, phone: other.phone } });
  const { body } = await connector.api('GET', `/privacy-requests/${request?.id}/export`);
  expect(body).toMatchObject({
    request: { about: { customerId: '2' } },
    events: [{ topic: 'customers/data_request', told: { customer: other } }],
  });
});

it('the export shows what one chose at an address that the other has had since, and what was told by their tags', async () => {
  await connector.api('PUT', '/settings', {
    mapping: { addressPermission: { optIn: 'mail-ok', optOut: 'mail-stop' } },
  });
  const home = { default_address: { address1: '1 Main St', city: 'Vail', country_code: 'US' } };
  await choose(1, 'unsubscribed', 3 * MINUTE);
  await connector.deliver(
    'customers/update',
    customer(1, { email: 'new@example.com', updated_at: ago(2 * MINUTE), ...home }),
    {
      triggeredAt: new Date(Date.now() - 2 * MINUTE),
    },
  );
  await choose(2, 'subscribed', MINUTE);
  await connector.deliver('customer.tags_added', { customerId: 1, tags: ['mail-stop'], occurredAt: ago(MINUTE) });
  await connector.deliver('customers/data_request', { customer: { id: 1 }, data_request: { id: 1 } });
  const [item] = await requests(connector);
  const { body } = await connector.api('GET', `/privacy-requests/${item?.id}/export`);
  const { consent } = body as { consent: { choices: object[]; toldToAscent360: object[]; decisions: object[] } };
  expect(consent.choices).toMatchObject([{ channel: 'email', state: 'unsubscribed' }]);
  expect(consent.toldToAscent360).toMatchObject([{ channel: 'postal', permission: false }]);
  expect(consent.decisions).toMatchObject([
    { channel: 'email', decision: 'told', permission: false },
    { channel: 'postal', decision: 'told', permission: false },
  ]);
});

const merge = async (triggeredAt = new Date(), kept = 2, away = CANARY.id) =>
  await connector.deliver(
    'customers/merge',
    {
      status: 'completed',
      admin_graphql_api_customer_kept_id: `gid://shopify/Customer/${kept}`,
      admin_graphql_api_customer_deleted_id: `gid://shopify/Customer/${away}`,
    },
    { triggeredAt },
  );
/** Where the erased customer's id is written. */
const named = async () =>
  await placesThatHold(connector.db, keys, { pattern: new RegExp(String(CANARY.id)), values: [CANARY.email] });

it('erasing one who was merged into another leaves no id of theirs with the other, who stays', async () => {
  await connector.deliver('customers/create', customer(CANARY.id, { email: CANARY.email }));
  await connector.deliver('customers/create', customer(2));
  await merge();
  expect(await named()).not.toEqual([]);
  await connector.deliver('customers/redact', redact({ id: CANARY.id, email: CANARY.email }));
  expect(await named()).toEqual([]);
  expect((await connector.api('GET', '/people?q=2')).body).toMatchObject({ items: [{ customerId: '2' }] });
});

it('erasing one who was merged into another, who was merged into a third, leaves no id of theirs with either', async () => {
  await connector.deliver('customers/create', customer(CANARY.id, { email: CANARY.email }));
  for (const id of [2, 3]) await connector.deliver('customers/create', customer(id));
  await merge();
  await merge(new Date(), 3, 2);
  await connector.deliver('customers/redact', redact({ id: CANARY.id, email: CANARY.email }));
  expect(await named()).toEqual([]);
  expect((await connector.api('GET', '/people?q=2')).body).toMatchObject({ items: [{ customerId: '3' }] });
});

it('a customer who was merged into one who is erased is erased with them, though we hear of the merge late', async () => {
  await connector.deliver('customers/create', customer(CANARY.id, { email: CANARY.email }));
  await connector.deliver('customers/create', customer(2));
  await connector.deliver('customers/redact', redact({ id: 2, email: 'person2@example.com' }));
  expect(await named()).not.toEqual([]);
  expect(await merge(new Date(Date.now() - MINUTE))).toMatchObject({ state: 'skipped', reason: 'redacted' });
  expect(await named()).toEqual([]);
});

it('a merge that we hear of late brings no erased customer back, and the other is read anew', async () => {
  await connector.deliver('customers/create', customer(2));
  await connector.deliver('customers/redact', redact({ id: CANARY.id, email: CANARY.email }));
  expect(await merge(new Date(Date.now() - MINUTE))).toMatchObject({ state: 'skipped', reason: 'redacted' });
  expect(await named()).toEqual([]);
});
