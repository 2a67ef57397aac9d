/**
 * The ledger is compared with what was sent: an opt-out that Ascent360 should have gets a delivery,
 * whatever lost its first one.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EMAIL, emailConsent, SMS, smsConsent } from '../bodies.ts';
import { type Histories, openHistories } from './scene.ts';

let histories: Histories;
beforeAll(async () => {
  histories = await openHistories({ access: false });
});
afterAll(async () => await histories.stop());

const DAY = 24 * 3600;
const holding = (history: string) => ({ consent: { email: { history }, sms: { history } } });

it('opt-outs that a setting held back are sent once the setting releases them', async () => {
  const history = await histories.begin(holding('none'));
  const { tell, flags, at } = history;
  const old = at(-DAY);
  await tell(EMAIL, emailConsent(1, 'unsubscribed', old), 1);
  await tell(SMS, smsConsent(2, 'unsubscribed', old, '+14155550102'), 1);
  await tell(EMAIL, emailConsent(3, 'subscribed', old), 1);
  expect(history.sent()).toEqual([]);
  await history.save(holding('optOuts'));
  await history.until(
    'both opt-outs are accepted',
    () => flags('EmailPermission').length + flags('SMSPermission').length > 1,
  );
  await history.settled();
  expect(flags('EmailPermission', 'person1@example.com')).toEqual([false]);
  expect(flags('SMSPermission', '14155550102')).toEqual([false]);
  expect(flags('EmailPermission')).toEqual([false]);
});

it('each counts as an undelivered opt-out until it is accepted', async () => {
  const history = await histories.begin(holding('none'));
  await history.tell(EMAIL, emailConsent(1, 'unsubscribed', history.at(-DAY)), 1);
  expect(await history.overview()).toMatchObject({ undeliveredOptOuts: 0 });
  history.answer(503);
  await history.save(holding('optOuts'));
  await history.until('it counts', async () => (await history.overview()).undeliveredOptOuts === 1);
  history.answer(200);
  await history.until('it is accepted', async () => (await history.overview()).undeliveredOptOuts === 0);
  expect(history.flags('EmailPermission')).toEqual([false]);
});

it('an opt-out that Ascent360 rejects is retried by every check, and listed once in the activity', async () => {
  const history = await histories.begin(holding('none'));
  const { db } = histories.app;
  await history.tell(EMAIL, emailConsent(1, 'unsubscribed', history.at(-DAY)), 1);
  history.answer(400);
  await history.save(holding('optOuts'));
  const tried = async (times: number) => {
    await history.until(`it was tried ${times} times`, () => history.sent().length === times);
    await history.settled();
  };
  await tried(1);
  const tomorrow = async () => {
    await history.until('the check is over', async () => {
      const rows = await db.query(
        `UPDATE ledger_checks SET due_at = now() WHERE due_at > now()
           AND shop_id = (SELECT id FROM shops WHERE domain = $1) RETURNING shop_id`,
        [history.shop],
      );
      return rows.length > 0;
    });
  };
  await tomorrow();
  await tried(2);
  history.answer(200);
  await tomorrow();
  await tried(3);
  const made = (await histories.app.events(history.shop)).filter(({ topic }) => topic === 'person/opt_out');
  expect(made).toMatchObject([{ state: 'accepted' }]);
  expect(history.flags('EmailPermission')).toEqual([false]);
});

it('a new Ascent360 account is sent the opt-outs that the old one has', async () => {
  const history = await histories.begin();
  await history.tell(EMAIL, emailConsent(1, 'unsubscribed', history.at(1)), 1);
  expect(history.flags('EmailPermission')).toEqual([false]);
  const guid = await histories.app.connect({ newAccount: true }, history.shop);
  await history.until('the new account has accepted it', () =>
    histories.app.ascent360.received.some((record) => record.guid === guid && record.accepted),
  );
  expect(histories.app.ascent360.lastAccepted('person1@example.com', 'EmailPermission', guid)).toBe(false);
});
