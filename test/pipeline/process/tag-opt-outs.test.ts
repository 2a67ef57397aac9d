import { afterAll, beforeAll, expect, it } from 'vitest';
import type { OverviewAnswer } from '../../../server/features/overview/api.ts';
import { type Connector, startConnector, until } from '../../fakes/connector.ts';
import { customer } from '../bodies.ts';

let connector: Connector;
beforeAll(async () => {
  connector = await startConnector();
  const { mapping } = (await connector.api('GET', '/settings')).body as { mapping: object };
  const addressPermission = { optIn: 'Mail-OK', optOut: 'Mail-Stop' };
  await connector.connect({ paused: true, mapping: { ...mapping, addressPermission } });
});
afterAll(async () => await connector.stop());

it('a tag that withdraws a permission counts as an undelivered opt-out before anything was tried; other tags do not', async () => {
  await connector.send('customers/create', customer(1));
  const occurredAt = new Date().toISOString();
  for (const tag of ['mail-ok', 'vip', ' mail-stop']) {
    await connector.send('customer.tags_added', { customerId: 1, tags: [tag], occurredAt });
  }
  await until('all are translated', async () => {
    const events = await connector.events();
    return events.length === 4 && events.every(({ state }) => state !== 'received') ? true : undefined;
  });
  expect(((await connector.api('GET', '/overview')).body as OverviewAnswer).undeliveredOptOuts).toBe(1);
});
