import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connector, startConnector, until } from '../../fakes/connector.ts';
import { customer } from '../../pipeline/bodies.ts';
import { fresh, sample, TOKEN } from './scrape.ts';

describe('the gauges read from the database', () => {
  let connector: Connector;
  beforeAll(async () => {
    connector = await startConnector({ METRICS_TOKEN: TOKEN, SWEEP_INTERVAL: '1h', RETRY_SCHEDULE: '1h' });
  });
  afterAll(async () => await connector.stop());

  it('say what is waiting, for how long, and what holds it up', async () => {
    const send = async (shop: string, id: number) => {
      const webhookId = randomUUID();
      await connector.send('customers/create', customer(id), { shop, webhookId });
      await until('it is translated', async () =>
        (await connector.event(webhookId, shop))?.state === 'received' ? undefined : true,
      );
      return webhookId;
    };
    // The refused one comes last: when its answer is recorded, the worker has long finished the
    // others.
    const shops = ['late', 'broken', 'paused', 'unconnected', 'refused'].map((name) => `${name}.myshopify.com`);
    const [late = '', broken = '', paused = '', unconnected = '', refused = ''] = shops;
    await connector.connect({ paused: true }, paused);
    const guid = await connector.connect({}, refused);
    connector.ascent360.behave(guid, { status: 404 });
    await connector.connect({ paused: true }, broken);
    await connector.connect({ paused: true }, late);
    for (const [i, shop] of shops.entries()) await send(shop, i + 1);
    await until('the GUID is refused', async () => {
      const rows = await connector.db.query('SELECT 1 FROM settings WHERE problem_since IS NOT NULL');
      return rows.length > 0 || undefined;
    });
    const ageBy = async (shop: string, hours: number, also = '') =>
      await connector.db.query(
        `UPDATE deliveries SET due_at = now() - $2 * interval '1 hour'${also}
           WHERE shop_id = (SELECT id FROM shops WHERE domain = $1)`,
        [shop, hours],
      );
    await ageBy(paused, 1);
    await ageBy(refused, 2);
    await ageBy(unconnected, 3);
    await ageBy(broken, 4, ', attempts = 1');
    await ageBy(late, 5, ', carries_opt_out = true, first_attempt_at = now()');
    const set = async (shop: string, assignment: string) =>
      await connector.db.query(
        `UPDATE settings SET ${assignment} WHERE shop_id = (SELECT id FROM shops WHERE domain = $1)`,
        [shop],
      );
    const resumed = `document = jsonb_set(document, '{paused}', 'false')`;
    await set(broken, `${resumed}, breaker = '{"openedAt": 1, "probedAt": null, "slices": []}'`);
    await set(late, resumed);
    // Behind an earlier delivery to its address it isn't due itself, however long it has been
    // waiting.
    await connector.db.query(
      `INSERT INTO deliveries (id, shop_id, event_id, kind, email_lane, due_at)
         SELECT gen_random_uuid(), shop_id, gen_random_uuid(), 'consent', email_lane, now() - interval '9 hours'
         FROM deliveries WHERE carries_opt_out`,
    );
    // A pause holds an opt-out that was never tried, or was tried later: it is late counting from its arrival.
    const held = `shop_id = (SELECT id FROM shops WHERE domain = $1)`;
    // A shop that has never been connected has told Ascent360 about nobody: its opt-out would page for months.
    for (const shop of [paused, unconnected]) {
      await connector.db.query(
        `UPDATE deliveries SET carries_opt_out = true WHERE first_attempt_at IS NULL AND ${held}`,
        [shop],
      );
    }
    for (const shop of [paused, late, unconnected]) {
      await connector.db.query(`UPDATE events SET received_at = now() - interval '73 hours' WHERE ${held}`, [shop]);
    }
    // Not translated for ten minutes.
    await connector.db.query(
      `INSERT INTO events (id, shop_id, webhook_id, topic, triggered_at, received_at)
         SELECT gen_random_uuid(), id, 'stuck', 'orders/create', now(), now() - interval '10 minutes' FROM shops WHERE domain = $1`,
      [unconnected],
    );

    // It has no delivery until Shopify has said what it lacks.
    await connector.db.query(
      `WITH parked AS (
         INSERT INTO events (id, shop_id, webhook_id, topic, triggered_at, received_at, state)
         SELECT gen_random_uuid(), id, 'parked', 'orders/create', now(), now(), 'open' FROM shops WHERE domain = $1
         RETURNING id, shop_id)
       INSERT INTO parked_events (event_id, shop_id) SELECT id, shop_id FROM parked`,
      [unconnected],
    );

    // An import's records have counts of their own.
    await connector.db.query(
      `INSERT INTO events (id, shop_id, webhook_id, source, topic, triggered_at, received_at, state, settled_at)
         SELECT gen_random_uuid(), id, 'imported', 'import', 'orders/create', now(), now(), 'accepted', now() FROM shops WHERE domain = $1`,
      [unconnected],
    );

    const text = await fresh(connector);
    const hours = (hold: string) =>
      Math.floor((sample(text, `connector_oldest_due_age_seconds{hold="${hold}"}`) ?? -1) / 3600);
    expect(['paused', 'connection_problem', 'not_connected', 'breaker', 'due'].map(hours)).toEqual([1, 2, 3, 4, 5]);
    const rest = [
      'connector_shops_connection_problem',
      'connector_breakers_open',
      ...['due', 'paused', 'not_connected'].map((hold) => `connector_opt_outs_late{hold="${hold}"}`),
      'connector_events_unfinished{state="waiting"}',
      'connector_events_unfinished{state="retrying"}',
      'connector_events_unfinished{state="sending"}',
      'connector_events_last_hour{state="waiting"}',
      'connector_events_last_hour{state="accepted"}',
    ].map((series) => sample(text, series));
    expect(rest).toEqual([1, 1, 1, 1, 0, 7, 1, 0, 4, 0]);
    expect(Math.floor((sample(text, 'connector_oldest_received_age_seconds') ?? 0) / 60)).toBe(10);
  });

  it('agree with the statements on the operators’ page, each of which runs', async () => {
    const page = readFileSync('docs/operations/README.md', 'utf8');
    const statements = [...page.matchAll(/`((?:SELECT|ANALYZE) [^`]+)`/g)].map(([, text = '']) =>
      text.replace('…', '1'),
    );
    expect(statements.length).toBeGreaterThan(10);
    const answers = new Map<string, object[]>();
    for (const text of statements.flatMap((one) => one.split(';')).filter((one) => one.trim() !== '')) {
      answers.set(text, await connector.db.query(text));
    }
    const late = [...answers].find(([text]) => text.includes('carries_opt_out'))?.[1];
    expect(late?.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))).toMatchObject([
      { domain: 'late.myshopify.com', count: 1 },
    ]);
  });

  it('count no shop that has uninstalled the app, and no breaker of one that sends nothing or has nothing to send: no alert would end', async () => {
    const counts = async () => {
      const text = await fresh(connector);
      return ['breakers_open', 'shops_connection_problem', 'shops_silent'].map((name) =>
        sample(text, `connector_${name}`),
      );
    };
    await connector.db.query(
      `INSERT INTO problems (id, shop_id, kind, key, count, detail, opened_at)
         SELECT gen_random_uuid(), id, 'silent', '', 1, '{"asked": true}', now() FROM shops WHERE domain = ANY($1)`,
      [['late.myshopify.com', 'refused.myshopify.com']],
    );
    const isInstalled = async (shop: string, installed: boolean) =>
      await connector.db.query(
        'UPDATE shops SET uninstalled_at = CASE WHEN NOT $2::boolean THEN now() END WHERE domain = $1',
        [shop, installed],
      );
    const pause = async (shop: string, paused: boolean) =>
      await connector.db.query(
        `UPDATE settings SET document = jsonb_set(document, '{paused}', to_jsonb($2::boolean))
         WHERE shop_id = (SELECT id FROM shops WHERE domain = $1)`,
        [shop, paused],
      );
    // Each counted one until now.
    await pause('broken.myshopify.com', true);
    await isInstalled('refused.myshopify.com', false);
    expect(await counts()).toEqual([0, 0, 1]);
    await pause('broken.myshopify.com', false);
    await isInstalled('broken.myshopify.com', false);
    await isInstalled('refused.myshopify.com', true);
    expect(await counts()).toEqual([0, 1, 2]);
    await isInstalled('broken.myshopify.com', true);
    const wait = async (shop: string, open: boolean) =>
      await connector.db.query(
        'UPDATE deliveries SET open = $2 WHERE shop_id = (SELECT id FROM shops WHERE domain = $1)',
        [shop, open],
      );
    await wait('broken.myshopify.com', false);
    expect(await counts()).toEqual([0, 1, 2]);
    await wait('broken.myshopify.com', true);
    await connector.api('DELETE', '/settings/guid', undefined, 'broken.myshopify.com');
    expect(await counts()).toEqual([0, 1, 2]);
  });

  it('count nothing of a shop whose key is destroyed: nobody can do anything with what is still to be deleted', async () => {
    await connector.db.query(
      `UPDATE shops SET domain = 'erased:' || id, wrapped_key = NULL, wrap_key_id = NULL, uninstalled_at = NULL, erased_at = now()`,
    );
    const text = await fresh(connector);
    const counted = text
      .split('\n')
      .filter(
        (line) =>
          /^connector_(events|oldest|breakers|shops|opt_outs)_(?!.*(lag|_total))/.test(line) && !line.endsWith(' 0'),
      );
    expect(counted).toEqual([]);
  });
});
