import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connector, startConnector, until } from '../fakes/connector.ts';
import { ago, customer, EMAIL, emailConsent, order, SECOND } from '../pipeline/bodies.ts';

let connector: Connector;
beforeAll(async () => {
  connector = await startConnector({
    // Long enough for a busy machine: an answer that arrives is not a time-out.
    DELIVERY_TIMEOUT: '3s',
    RETRY_SCHEDULE: '50ms,100ms,100ms',
  });
});
afterAll(async () => await connector.stop());

/** Each test has its own shop, so that what a receiver does to it affects no other. */
async function freshShop(settings: object = {}) {
  const shop = `shop-${randomUUID()}.myshopify.com`;
  const guid = await connector.connect(settings, shop);
  const send = async (topic: string, body: object, webhookId: string = randomUUID(), triggeredAt = new Date()) => {
    expect((await connector.send(topic, body, { shop, webhookId, triggeredAt })).status).toBe(200);
    return webhookId;
  };
  const becomes = async (webhookId: string, state: string, reason: string | null = null) =>
    await until(`${webhookId} becomes ${state} ${reason}`, async () => {
      const row = await connector.event(webhookId, shop);
      return row?.state === state && row.reason === reason ? row : undefined;
    });
  const received = () => connector.ascent360.receivedFor(guid);
  const shown = async (webhookId: string) => {
    const { body } = await connector.api('GET', `/activity?q=${webhookId}`, undefined, shop);
    const { items } = body as { items: { state: string; reason: string | null }[] };
    return items[0];
  };
  /** Makes the next probe due. */
  const probe = async () =>
    await connector.db.query(
      `UPDATE settings SET probe_at = now() - interval '1 second' WHERE shop_id = (SELECT id FROM shops WHERE domain = $1)`,
      [shop],
    );
  return { shop, guid, send, becomes, received, shown, probe };
}

describe('a receiver in trouble', () => {
  it.each([
    ['hang', 'timeout'],
    ['cut', 'connection_cut'],
    ['drip', 'timeout'],
    ['html', 'html_page'],
  ] as const)('that answers with %s gets a retry, and other shops continue meanwhile', async (mode, error) => {
    const [sick, healthy] = [await freshShop(), await freshShop()];
    connector.ascent360.behave(sick.guid, [mode, 'accept']);
    const id = await sick.send('customers/create', customer(1));
    const other = await healthy.send('customers/create', customer(1));
    await healthy.becomes(other, 'accepted');
    await sick.becomes(id, 'accepted');
    expect(sick.received()).toHaveLength(2);
    const { body } = await connector.api('GET', `/activity?q=${id}`, undefined, sick.shop);
    const [{ id: eventId } = { id: '' }] = (body as { items: { id: string }[] }).items;
    const detail = await connector.api('GET', `/activity/${eventId}`, undefined, sick.shop);
    expect(detail.body).toMatchObject({
      attempts: [
        { class: 'retry', error },
        { class: 'accepted', status: 200 },
      ],
    });
  });

  it('that fails until the schedule is used up leaves the event needing attention', async () => {
    const shop = await freshShop();
    connector.ascent360.behave(shop.guid, { status: 503 });
    const id = await shop.send('customers/create', customer(2));
    await shop.becomes(id, 'attention', 'gave_up');
    expect(shop.received()).toHaveLength(4);
  });

  it.each([400, 413, 415, 422])(
    'that answers %i never gets the event again, but gets the next one to that address',
    async (status) => {
      const shop = await freshShop();
      connector.ascent360.behave(shop.guid, [{ status }, 'accept']);
      const rejected = await shop.send('orders/create', order(3));
      await shop.becomes(rejected, 'attention', 'rejected');
      const next = await shop.send('orders/create', order(4, { email: 'person3@example.com' }));
      await shop.becomes(next, 'accepted');
      expect(shop.received()).toHaveLength(2);
    },
  );

  it.each([401, 403, 404, 410, 451, 301, 302])(
    'that answers %i stops the shop without dropping anything, until a probe is accepted',
    async (status) => {
      const shop = await freshShop();
      connector.ascent360.behave(shop.guid, [{ status, location: connector.ascent360.url }, 'accept']);
      const first = await shop.send('customers/create', customer(5));
      await until('the problem is shown', async () =>
        (await shop.shown(first))?.reason === 'connection_problem' ? true : undefined,
      );
      const second = await shop.send('customers/create', customer(6));
      expect(await shop.shown(second)).toMatchObject({ state: 'waiting', reason: 'connection_problem' });
      expect(shop.received()).toHaveLength(1);
      await shop.probe();
      await shop.becomes(first, 'accepted');
      await shop.becomes(second, 'accepted');
      expect(shop.received()).toHaveLength(3);
    },
  );

  it('that refuses one order with 403 and accepts others gets the opt-out behind it all the same', async () => {
    const shop = await freshShop();
    const isOrder = (body: unknown) => typeof body === 'object' && body !== null && 'Order' in body;
    connector.ascent360.behave(shop.guid, ({ body }) => (isOrder(body) ? { status: 403 } : 'accept'));
    const refused = await shop.send('orders/create', order(30));
    const problem = async () =>
      await until('the problem is shown', async () =>
        (await shop.shown(refused))?.reason === 'connection_problem' ? true : undefined,
      );
    const acceptOther = async (id: number) => {
      const other = await shop.send('customers/create', customer(id));
      await until('the other one is due', async () => {
        const rows = await connector.db.query(
          `SELECT 1 FROM deliveries d JOIN events e ON e.id = d.event_id WHERE e.webhook_id = $1 AND d.due_at <= now()`,
          [other],
        );
        return rows.length > 0 ? true : undefined;
      });
      await shop.probe();
      await shop.becomes(other, 'accepted');
    };
    await problem();
    const optOut = await shop.send(EMAIL, emailConsent(30, 'unsubscribed', ago(SECOND)));
    await acceptOther(31);
    await problem();
    await acceptOther(32);
    await shop.becomes(refused, 'attention', 'rejected');
    await shop.becomes(optOut, 'accepted');
    expect(connector.ascent360.lastAccepted('person30@example.com', 'EmailPermission', shop.guid)).toBe(false);
  });

  it('that redirects is never followed', async () => {
    const shop = await freshShop();
    const other = await freshShop();
    connector.ascent360.behave(shop.guid, [
      { mode: 'redirect', location: `${connector.ascent360.url}/V1/Data/${other.guid}` },
    ]);
    const id = await shop.send('customers/create', customer(7));
    await until('the problem is shown', async () =>
      (await shop.shown(id))?.reason === 'connection_problem' ? true : undefined,
    );
    expect(other.received()).toEqual([]);
  });

  it.each([
    ['429 and seconds', { status: 429, retryAfter: 1 }, 1000],
    ['503 and seconds', { status: 503, retryAfter: 1 }, 1000],
    [
      '503 and a date two hours ahead',
      { status: 503, retryAfter: new Date(Date.now() + 2 * 3_600_000).toUTCString() },
      null,
    ],
    ['an absurd wait', { status: 503, retryAfter: '99999999999999999999' }, 0],
    ['a negative wait', { status: 429, retryAfter: '-5' }, 0],
    ['no number', { status: 429, retryAfter: 'soon' }, 0],
  ])('that asks to wait with %s is obeyed if it makes sense', async (_, behaviour, wait) => {
    const shop = await freshShop();
    connector.ascent360.behave(shop.guid, [behaviour, 'accept']);
    const id = await shop.send('customers/create', customer(8));
    if (wait === null) {
      const [row] = await until('the retry is postponed', async () => {
        const rows = await connector.db.query<{ seconds: number }>(
          `SELECT extract(epoch FROM d.due_at - now())::float8 AS seconds FROM deliveries d JOIN events e ON e.id = d.event_id
           WHERE e.webhook_id = $1 AND d.attempts = 1 AND d.lease_until IS NULL`,
          [id],
        );
        return rows.length > 0 ? rows : undefined;
      });
      expect(row?.seconds).toBeGreaterThan(3300);
      expect(row?.seconds).toBeLessThanOrEqual(3600);
      return;
    }
    await shop.becomes(id, 'accepted');
    const [first, second] = shop.received();
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(wait);
  });
});

describe('consent under faults', () => {
  it('the newest choice is accepted last and older ones are superseded if facts arrive newest first', async () => {
    const shop = await freshShop();
    const now = Date.now();
    const earlier = (seconds: number) => new Date(now - seconds * SECOND).toISOString();
    const newest = await shop.send(EMAIL, emailConsent(20, 'unsubscribed', earlier(10)));
    await shop.becomes(newest, 'accepted');
    const middle = await shop.send(EMAIL, emailConsent(20, 'subscribed', earlier(20)));
    const oldest = await shop.send(EMAIL, emailConsent(20, 'unsubscribed', earlier(30)));
    expect((await shop.becomes(middle, 'merged', 'superseded')).merged_into).toBe(
      (await shop.becomes(newest, 'accepted')).id,
    );
    await shop.becomes(oldest, 'merged', 'superseded');
    expect(shop.received().map((record) => record.body)).toMatchObject([{ EmailPermission: false }]);
  });

  it('a time-out after the receiver took an opt-in counts as possibly sent: the opt-out that follows is sent', async () => {
    const shop = await freshShop();
    // What Ascent360 surely has last is the opt-out: only the doubt about the opt-in makes it due
    // again.
    connector.ascent360.behave(shop.guid, ['accept', 'hang', 'accept']);
    await shop.becomes(await shop.send(EMAIL, emailConsent(21, 'unsubscribed', ago(60 * SECOND))), 'accepted');
    await shop.send(EMAIL, emailConsent(21, 'subscribed', ago(20 * SECOND)));
    await until('the opt-in was taken', async () => (shop.received().length === 2 ? true : undefined));
    const optOut = await shop.send(EMAIL, emailConsent(21, 'unsubscribed', ago(10 * SECOND)));
    await shop.becomes(optOut, 'accepted');
    expect(connector.ascent360.lastAccepted('person21@example.com', 'EmailPermission', shop.guid)).toBe(false);
  });

  it('a rejected flag counts as not sent: it goes out with the next delivery', async () => {
    const shop = await freshShop();
    connector.ascent360.behave(shop.guid, [{ status: 422 }, 'accept']);
    const refused = await shop.send(EMAIL, emailConsent(22, 'subscribed', ago(SECOND)));
    await shop.becomes(refused, 'attention', 'rejected');
    await shop.becomes(await shop.send('customers/update', customer(22)), 'accepted');
    expect(shop.received().at(-1)?.body).toMatchObject({ EmailPermission: true });
  });
});
