import { describe, expect, it } from 'vitest';
import { AdminError } from '../../../server/admin/admin.ts';
import { findLateOptOuts } from '../../../server/store/deliveries/late-opt-outs.ts';
import { OPEN_OPT_OUTS } from '../../../server/store/events/open-opt-outs.ts';
import { emailOf, phoneOf } from '../../fakes/shopify-shop.ts';
import { ago, buyer, customer, DAY, EMAIL, emailConsent, MINUTE, order, SECOND, SMS, smsConsent } from '../bodies.ts';
import { optedIn, optedOut, readScene } from './scene.ts';

const scene = readScene();

/** What was put off is read now. @returns for how long it had been put off, in seconds */
async function passPutOff(): Promise<number[]> {
  const rows = await scene.base.db.query<{ after: number }>(
    `UPDATE people p SET read_due_at = now() - interval '1 second' FROM people was
     WHERE was.id = p.id AND p.shop_id = $1 AND p.read_due_at IS NOT NULL
     RETURNING round(extract(epoch FROM was.read_due_at - now()))::int AS after`,
    [scene.base.shop.id],
  );
  await scene.read();
  return rows.map(({ after }) => after);
}

describe('when a person is first seen', () => {
  it('the delivery waits for Shopify, and goes out with the flag that was read', async () => {
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedIn(1) });
    const event = await scene.receive('orders/create', order(1, buyer(1)));
    expect(await scene.send()).toEqual([]);
    expect(await scene.seen(event)).toMatchObject({ state: 'waiting', reason: 'reading_shopify' });
    await scene.read();
    expect(await scene.send()).toMatchObject([{ Email: 'person1@example.com', EmailPermission: true }]);
    expect(await scene.events('read')).toEqual([]);
  });

  it('an opt-out that was read counts as undelivered once, also while sending is paused and nothing was tried', async () => {
    const { db, shop } = scene.base;
    const counted = async () => await db.query<{ id: string }>(OPEN_OPT_OUTS, [shop.id]);
    await scene.base.save({ paused: true });
    for (const id of [1, 2]) {
      scene.shopify.setCustomer({ id, defaultEmailAddress: id === 1 ? optedOut(id) : optedIn(id) });
    }
    const event = await scene.receive('orders/create', order(1, buyer(1)));
    await scene.receive('orders/create', order(2, buyer(2)));
    await db.query(`UPDATE events SET received_at = now() - interval '4 days' WHERE shop_id = $1`, [shop.id]);
    expect(await counted()).toEqual([]);
    await scene.read();
    expect(await counted()).toEqual([{ id: event }]);
    // It was due only then, however long its record had waited.
    expect(await findLateOptOuts(db, shop, scene.base.now)).toBeNull();
    await scene.base.save({});
    expect(await scene.send()).toMatchObject([{ EmailPermission: false }, { EmailPermission: true }]);
    expect(await counted()).toEqual([]);
  });

  it('an opt-out that a comparison found counts as undelivered once, also while sending is paused, and one from WhatsApp never', async () => {
    const { db, shop } = scene.base;
    const counted = async () => (await db.query(OPEN_OPT_OUTS, [shop.id])).length;
    await scene.base.save({ paused: true });
    const fromWhatsApp = phoneOf('+14155550103', {}, { state: 'UNSUBSCRIBED', updatedAt: ago(MINUTE) });
    for (const who of [
      { id: 1, defaultEmailAddress: optedOut(1) },
      { id: 2, defaultEmailAddress: optedIn(2), defaultPhoneNumber: fromWhatsApp },
    ]) {
      const found = scene.shopify.setCustomer(who);
      const event = await scene.store('customers/update', { __typename: 'Customer', ...found });
      await db.query(`UPDATE events SET source = 'reconciliation' WHERE id = $1`, [event]);
    }
    await scene.translate();
    expect(await counted()).toBe(1);
    await scene.base.save({});
    expect(await scene.send()).toMatchObject([{ EmailPermission: false }, { EmailPermission: true }]);
    expect(await counted()).toBe(0);
  });

  it('they are read once: the next event does not wait', async () => {
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedIn(1) });
    await scene.receive('orders/create', order(1, buyer(1)));
    await scene.read();
    await scene.send();
    await scene.receive('orders/create', order(2, buyer(1)));
    expect(await scene.send()).toHaveLength(1);
    await scene.read();
    expect(scene.asked).toHaveLength(1);
  });

  it('and READ_WAIT is over, the delivery goes out without flags; the flag follows in its own delivery, which is not counted', async () => {
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedIn(1), lastName: 'Read' });
    await scene.receive('orders/create', order(1, buyer(1)));
    await scene.passWait();
    const [first] = await scene.send();
    expect(first).toMatchObject({ Email: 'person1@example.com', Order: { Id: '1' } });
    expect(first).not.toHaveProperty('EmailPermission');
    await scene.read();
    expect(await scene.send()).toMatchObject([
      { Email: 'person1@example.com', EmailPermission: true, LastName: 'Read' },
    ]);
    expect(await scene.events('read')).toEqual([{ state: 'accepted', reason: null, detail: null }]);
    const { body } = await scene.base.call('get', '/overview');
    expect(body).toMatchObject({ counts: { '24h': { received: 1, accepted: 1 } } });
  });

  it('no delivery of its own follows if no flag is due', async () => {
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: emailOf('person1@example.com') });
    await scene.receive('orders/create', order(1, buyer(1)));
    await scene.passWait();
    await scene.send();
    await scene.read();
    expect(await scene.events('read')).toEqual([]);
  });

  it.each([
    ['the settings leave out the waiting event', { send: { orders: false } }, 'topic_off'],
    ['the defaults do, before anything was saved', null, 'test_order'],
  ])('a delivery of its own carries the flag if %s, so that it is not lost', async (_, settings, reason) => {
    await scene.begin(settings);
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedIn(1) });
    const event = await scene.receive('orders/create', order(1, { ...buyer(1), test: true }));
    await scene.read();
    if (settings === null) await scene.base.save({});
    expect(await scene.send()).toMatchObject([{ Email: 'person1@example.com', EmailPermission: true }]);
    expect(await scene.standing(event)).toMatchObject({ reason });
  });

  it('300 people are read with two queries', async () => {
    const people = Array.from({ length: 300 }, (_, i) => i + 1);
    for (const id of people) scene.shopify.setCustomer({ id, defaultEmailAddress: optedIn(id) });
    for (const id of people) await scene.base.receive('orders/create', order(id, buyer(id)));
    await scene.translate();
    await scene.read();
    expect(scene.asked.map(({ ids }) => ids).reduce((sum, ids) => sum + ids)).toBe(300);
    expect(scene.asked).toHaveLength(2);
    expect(await scene.events('read')).toEqual([]);
  });

  it('people are read in smaller groups if they are too many for one query, or if Shopify refuses one of them', async () => {
    scene.shopify.maxCost = 20;
    for (const id of [1, 2, 3, 4, 5]) {
      scene.shopify.setCustomer({ id, defaultEmailAddress: optedIn(id) });
      await scene.receive('orders/create', order(id, buyer(id)));
    }
    await scene.read();
    expect(await scene.send()).toHaveLength(5);
  });

  // Shopify is asked again a day after a refusal, so nothing waits for that.
  it.each([
    ['refused', 5, 24],
    ['accident', 4, 1],
  ] as const)('the others are read even if one of them is always missing (%s)', async (why, sendable, hours) => {
    scene.unsaid.set('3', why);
    for (const id of [1, 2, 3, 4, 5]) {
      scene.shopify.setCustomer({ id, defaultEmailAddress: optedIn(id) });
      await scene.receive('orders/create', order(id, buyer(id)));
    }
    await scene.read();
    const sent = await scene.send();
    expect(sent).toHaveLength(sendable);
    expect(sent.filter((payload) => 'EmailPermission' in payload)).toHaveLength(4);
    expect((await passPutOff()).map((after) => Math.round(after / 3600))).toEqual([hours]);
  });

  it('the others are read even if no answer comes when one of them is asked for', async () => {
    scene.unsaid.set('3', 'down');
    for (const id of [1, 2, 3, 4, 5]) {
      scene.shopify.setCustomer({ id, defaultEmailAddress: optedIn(id) });
      await scene.receive('orders/create', order(id, buyer(id)));
    }
    for (let tries = 0; tries < 12; tries++) await scene.read().catch(() => {});
    const sent = await scene.send();
    expect(sent).toHaveLength(4);
    for (const payload of sent) expect(payload).toMatchObject({ EmailPermission: true });
    scene.unsaid.clear();
    await passPutOff();
    expect(await scene.send()).toMatchObject([{ Order: { Id: '3' }, EmailPermission: true }]);
  });

  it('no event waits for ever for someone Shopify refuses, and what Shopify says later is sent then', async () => {
    scene.unsaid.set('1', 'refused');
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedOut(1) });
    const nameless = { email_address: null };
    const event = await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', ago(MINUTE), nameless));
    expect(await scene.seen(event)).toMatchObject({ state: 'waiting', reason: 'reading_shopify' });
    await scene.read();
    expect(await scene.standing(event)).toMatchObject({ state: 'skipped', reason: 'no_contact' });
    expect(await scene.send()).toEqual([]);
    scene.unsaid.clear();
    await passPutOff();
    expect(await scene.send()).toMatchObject([{ Email: 'person1@example.com', EmailPermission: false }]);
  });

  it('a failed read is repeated, and neither an error nor a process that ends loses anything', async () => {
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedIn(1) });
    await scene.receive('orders/create', order(1, buyer(1)));
    scene.failure = new AdminError('later', 'HTTP 502');
    await expect(scene.read()).rejects.toThrow('HTTP 502');
    scene.failure = null;
    scene.meanwhile = async () => {
      throw new Error('The process ends between the answer and its writing');
    };
    await expect(scene.read()).rejects.toThrow('The process ends');
    scene.meanwhile = null;
    await scene.read();
    expect(await scene.send()).toMatchObject([{ EmailPermission: true }]);
  });

  it('a customer whom Shopify does not have yet ends the wait, is asked about again a few times, and makes nothing wait for that', async () => {
    const after: number[] = [];
    for (let n = 1; n < 7; n++) {
      await scene.receive('orders/create', order(n, buyer(1)));
      await scene.read();
      expect(await scene.send()).toMatchObject([{ Order: { Id: `${n}` } }]);
      after.push(...(await passPutOff()));
    }
    expect(after).toHaveLength(4);
    expect(after.at(-1)).toBeGreaterThan(3000);
    expect(scene.asked).toHaveLength(5);
  });

  it.each(['absent', 'parked'])('what Shopify says of a customer once it has them is sent then (%s)', async (how) => {
    const [topic, body] =
      how === 'parked'
        ? [EMAIL, emailConsent(1, 'subscribed', null, { email_address: null })]
        : ['orders/create', order(1, buyer(1))];
    await scene.receive(topic, body);
    await scene.read();
    await scene.send();
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedIn(1) });
    await passPutOff();
    expect(await scene.send()).toMatchObject([{ Email: 'person1@example.com', EmailPermission: true }]);
    expect(await passPutOff()).toEqual([]);
  });

  it('a customer whom Shopify no longer has is not asked about again', async () => {
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedIn(1) });
    await scene.receive('orders/create', order(1, buyer(1)));
    await scene.read();
    scene.shopify.customers.clear();
    await scene.receive('customers/update', customer(1, { email: 'other@example.com', updated_at: ago(0) }));
    await scene.read();
    expect(scene.asked).toHaveLength(2);
    expect(await passPutOff()).toEqual([]);
  });

  it('a customer who was deleted before Shopify was asked is not asked about again', async () => {
    await scene.receive('customers/create', customer(1));
    await scene.receive('customers/delete', { id: 1 });
    await scene.read();
    expect(scene.asked).toHaveLength(1);
    expect(await passPutOff()).toEqual([]);
  });

  it('Shopify is not asked about a deleted customer, and their opt-out waits for nothing', async () => {
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedIn(1) });
    await scene.receive('customers/create', customer(1));
    await scene.read();
    await scene.send();
    await scene.receive('customers/delete', { id: 1 });
    await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', ago(0)));
    expect(await scene.send()).toMatchObject([{ Email: 'person1@example.com', EmailPermission: false }]);
    await scene.read();
    expect(scene.asked).toHaveLength(1);
  });

  it('a guest is not read', async () => {
    await scene.receive('orders/create', order(1));
    expect(await scene.send()).toHaveLength(1);
    await scene.read();
    expect(scene.asked).toEqual([]);
  });

  it('a person erased between question and answer stays erased', async () => {
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedIn(1) });
    await scene.receive('orders/create', order(1, buyer(1)));
    scene.meanwhile = async () => {
      scene.meanwhile = null;
      await scene.base.receive('customers/redact', { customer: { id: 1, email: 'person1@example.com' } });
      await scene.translate();
    };
    await scene.read();
    expect(await scene.base.db.query('SELECT 1 FROM people WHERE shop_id = $1', [scene.base.shop.id])).toEqual([]);
    expect(await scene.base.db.query('SELECT 1 FROM consent_facts WHERE shop_id = $1', [scene.base.shop.id])).toEqual(
      [],
    );
  });
});

describe('without access to the Admin API', () => {
  it('nothing is read and nothing waits; once there is access, what was missed is read and sent', async () => {
    scene.access = false;
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedOut(1) });
    await scene.receive('orders/create', order(1, buyer(1)));
    expect(await scene.send()).toHaveLength(1);
    await scene.read();
    expect(scene.asked).toEqual([]);
    scene.access = true;
    await scene.read();
    expect(await scene.send()).toMatchObject([{ EmailPermission: false }]);
  });

  it('the wait ends if access is lost meanwhile', async () => {
    await scene.receive('orders/create', order(1, buyer(1)));
    expect(await scene.send()).toEqual([]);
    scene.failure = new AdminError('no_access', 'The token is refused');
    await scene.read();
    expect(await scene.send()).toHaveLength(1);
  });
});

describe('a sweep, in case a wake-up was lost,', () => {
  const person = async () => await scene.receive('orders/create', order(1, buyer(1)));
  const body = async () => await scene.receive('orders/create', { id: 1 });
  const choice = async () =>
    await scene.receive(EMAIL, emailConsent(1, 'unsubscribed', ago(MINUTE), { email_address: null }));
  const change = async (text: string) => void (await scene.base.db.query(text, [scene.base.shop.id]));
  const access = async () => await change(`INSERT INTO admin_tokens (shop_id, pair) VALUES ($1, '\\x00')`);
  const putOff = async () =>
    await change(`UPDATE people SET read_due_at = now() + interval '1 hour' WHERE shop_id = $1`);
  const uninstalled = async () => await change('UPDATE shops SET uninstalled_at = now() WHERE id = $1');

  it.each<[string, boolean, (() => Promise<unknown>)[]]>([
    ['a person to read', true, [access, person]],
    ['a body to complete', true, [access, body]],
    ['what waits for a person whom it can no longer read', true, [choice]],
    ['what waits for the rest of its body, which it can no longer read', true, [body]],
    ['nobody to read without access', false, [person]],
    ['nobody who was put off', false, [access, choice, putOff]],
    ['nothing of a shop that uninstalled the app', false, [access, person, body, uninstalled]],
    ['nothing where nothing is due', false, [access]],
  ])('finds %s', async (_, isDue, steps) => {
    for (const step of steps) await step();
    expect(await scene.isDue()).toBe(isDue);
  });
});

describe('a read and a webhook about the same choice', () => {
  const webhook = async (state: string, at: string) => await scene.receive(EMAIL, emailConsent(1, state, at));

  it.each(['read first', 'webhook first'])('give the same flag, sent once: %s', async (first) => {
    const at = ago(MINUTE);
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedIn(1, at) });
    await scene.receive('orders/create', order(1, buyer(1)));
    if (first === 'webhook first') await webhook('subscribed', at);
    await scene.read();
    if (first === 'read first') await webhook('subscribed', at);
    const sent = await scene.send();
    expect(sent.filter((payload) => 'EmailPermission' in payload)).toMatchObject([{ EmailPermission: true }]);
    expect(await scene.send()).toEqual([]);
  });

  it.each(['read first', 'webhook first'])(
    'an old opt-in that is read never undoes a newer opt-out: %s',
    async (first) => {
      scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedIn(1, ago(2 * MINUTE)) });
      await scene.receive('orders/create', order(1, buyer(1)));
      if (first === 'webhook first') await webhook('unsubscribed', ago(MINUTE));
      await scene.read();
      if (first === 'read first') await webhook('unsubscribed', ago(MINUTE));
      const flags = (await scene.send()).flatMap((payload) =>
        'EmailPermission' in payload ? [payload.EmailPermission] : [],
      );
      expect(flags).toEqual([false]);
    },
  );

  it('an undated opt-out that is read counts as older than a dated opt-in', async () => {
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedOut(1, null) });
    await webhook('subscribed', ago(MINUTE));
    await scene.read();
    expect(await scene.send()).toMatchObject([{ EmailPermission: true }]);
  });

  it('a choice without an address is about the address that Shopify has, read if it isn’t known', async () => {
    scene.shopify.setCustomer({
      id: 1,
      firstName: 'Robin',
      defaultEmailAddress: emailOf('person1@example.com'),
      defaultPhoneNumber: phoneOf('+13035550100', { state: 'UNSUBSCRIBED', updatedAt: ago(SECOND) }),
    });
    const event = await scene.receive(SMS, smsConsent(1, 'unsubscribed', ago(SECOND), null));
    expect(await scene.seen(event)).toMatchObject({ state: 'waiting', reason: 'reading_shopify' });
    await scene.read();
    expect(await scene.send()).toMatchObject([
      { FirstName: 'Robin', Email: 'person1@example.com', Mobile: '13035550100', SMSPermission: false },
    ]);
    expect(await scene.standing(event)).toMatchObject({ state: 'accepted' });
  });

  it('a consent event of an unknown person sends the whole contact, once it has been read', async () => {
    scene.shopify.setCustomer({
      id: 1,
      firstName: 'Robin',
      lastName: 'Read',
      defaultEmailAddress: optedIn(1, ago(SECOND)),
    });
    await webhook('subscribed', ago(SECOND));
    await scene.read();
    expect(await scene.send()).toMatchObject([{ FirstName: 'Robin', LastName: 'Read', EmailPermission: true }]);
  });

  it('a known person with a new address is read again: an opt-out holds for it, an old opt-in does not', async () => {
    scene.shopify.setCustomer({ id: 1, defaultEmailAddress: optedOut(1, ago(DAY)) });
    await scene.receive('customers/update', customer(1, { updated_at: ago(DAY) }));
    await scene.read();
    await scene.send();
    scene.shopify.setCustomer({
      id: 1,
      updatedAt: ago(SECOND),
      defaultEmailAddress: { ...optedOut(1, ago(DAY)), emailAddress: 'new@example.com' },
    });
    await scene.receive('customers/update', customer(1, { email: 'new@example.com', updated_at: ago(SECOND) }));
    await scene.read();
    expect(await scene.send()).toMatchObject([{ Email: 'new@example.com', EmailPermission: false }]);
  });

  describe('an opt-out whose message was lost, and who moved since', () => {
    const seen = async (id: number, emailAddress: string, at: number, consent: ReturnType<typeof emailOf>) => {
      const updatedAt = ago(at);
      scene.shopify.setCustomer({ id, updatedAt, defaultEmailAddress: { ...consent, emailAddress } });
      const body = customer(id, { email: emailAddress, updated_at: updatedAt });
      await scene.receive('customers/update', body, Date.now() - at);
      await scene.read();
      return await scene.send();
    };
    const optIn = () => optedIn(1, ago(9 * MINUTE));
    const optOut = () => optedOut(1, ago(7 * MINUTE));

    it('is about the address that it undoes an opt-in of, too', async () => {
      const first = await seen(1, 'person1@example.com', 9 * MINUTE, optIn());
      expect(first).toMatchObject([{ EmailPermission: true }]);
      const told = await seen(1, 'new@example.com', 5 * MINUTE, optOut());
      expect(told).toHaveLength(2);
      expect(told).toContainEqual(expect.objectContaining({ Email: 'new@example.com', EmailPermission: false }));
      // Nothing else of theirs is about the address they no longer have.
      expect(told).toContainEqual({
        SourceName: 'Shopify',
        SourceType: 'Ecommerce',
        Email: 'person1@example.com',
        EmailPermission: false,
      });
      expect(await seen(1, 'newer@example.com', 2 * MINUTE, optOut())).toMatchObject([{ Email: 'newer@example.com' }]);
    });

    it('undoes the opt-in there of whoever had the address before', async () => {
      const before = await seen(2, 'person1@example.com', 9 * MINUTE, optIn());
      expect(before).toMatchObject([{ EmailPermission: true }]);
      const unchosen = emailOf('');
      await seen(2, 'other@example.com', 8.5 * MINUTE, unchosen);
      await seen(1, 'person1@example.com', 8 * MINUTE, unchosen);
      const told = await seen(1, 'new@example.com', 5 * MINUTE, optOut());
      expect(told).toContainEqual(expect.objectContaining({ Email: 'person1@example.com', EmailPermission: false }));
    });
  });

  it('WhatsApp consent is recorded and never sent', async () => {
    const whatsApp = { state: 'UNSUBSCRIBED', updatedAt: ago(SECOND) } as const;
    scene.shopify.setCustomer({ id: 1, defaultPhoneNumber: phoneOf('+13035550100', {}, whatsApp) });
    await scene.receive('orders/create', order(1, buyer(1)));
    await scene.read();
    const [sent] = await scene.send();
    expect(sent).not.toHaveProperty('SMSPermission');
    const rows = await scene.base.db.query(
      `SELECT state FROM consent_facts WHERE shop_id = $1 AND channel = 'whatsapp'`,
      [scene.base.shop.id],
    );
    expect(rows).toEqual([{ state: 'unsubscribed' }]);
  });
});
