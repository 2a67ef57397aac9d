/** An opt-in of a customer who was merged away goes out as the kept customer's, or not at all. */
import { expect, it } from 'vitest';
import { emailOf } from '../../fakes/shopify-shop.ts';
import { customer, EMAIL, emailConsent, order } from '../bodies.ts';
import { type History, sharedHistories } from './scene.ts';

const histories = sharedHistories({ access: true });

const KEPT = 'person2@example.com';
const AWAY = 'person1@example.com';

/** Customer 1 was merged into customer 2, about whom Shopify says this. */
async function merged(state: { marketingState: 'NOT_SUBSCRIBED' | 'SUBSCRIBED'; chosen: number | null }) {
  const history = await histories.begin();
  const { tell, shopify, at } = history;
  shopify.setCustomer({
    id: 2,
    updatedAt: at(1),
    defaultEmailAddress: emailOf(KEPT, {
      marketingState: state.marketingState,
      marketingOptInLevel: state.marketingState === 'SUBSCRIBED' ? 'SINGLE_OPT_IN' : null,
      marketingUpdatedAt: state.chosen === null ? null : at(state.chosen),
    }),
  });
  await tell('customers/create', customer(2, { updated_at: at(1) }), 1);
  const ids = { kept: 'gid://shopify/Customer/2', deleted: 'gid://shopify/Customer/1' };
  await tell(
    'customers/merge',
    {
      admin_graphql_api_customer_kept_id: ids.kept,
      admin_graphql_api_customer_deleted_id: ids.deleted,
      status: 'completed',
    },
    40,
  );
  return history;
}

async function timelineOf({ shop }: History, email: string): Promise<object[]> {
  const found = await histories.app.api('GET', `/people?q=${email}`, undefined, shop);
  const { items } = found.body as { items: { id: string; customerId?: string }[] };
  const all = await Promise.all(
    items.map(async ({ id }) => {
      const person = await histories.app.api('GET', `/people/${id}`, undefined, shop);
      return (person.body as { timeline: object[] }).timeline;
    }),
  );
  return all.flat();
}

const HELD = expect.objectContaining({ channel: 'email', decision: 'held', reason: 'held_by_holder' });

it.each([
  ['without a date', null],
  ['as of a time before the opt-in', 10],
])(
  'a merged customer’s opt-in that arrives late is held back when Shopify says, %s, that the kept customer has not chosen',
  async (_, chosen) => {
    const history = await merged({ marketingState: 'NOT_SUBSCRIBED', chosen });
    const { tell, flags, at } = history;
    const event = await tell(EMAIL, emailConsent(1, 'subscribed', at(30)), 30);
    expect(event).toMatchObject({ state: 'skipped', reason: 'no_choice' });
    await history.settled();
    expect(flags('EmailPermission')).toEqual([]);
    expect(await timelineOf(history, KEPT)).toContainEqual(HELD);
  },
);

it('an order of a merged customer that arrives late carries no opt-in when Shopify says that the kept customer has not chosen', async () => {
  const history = await merged({ marketingState: 'NOT_SUBSCRIBED', chosen: null });
  const { tell, accepted, flags, at } = history;
  await tell(EMAIL, emailConsent(1, 'subscribed', at(29)), 29);
  const placed = { created_at: at(30), processed_at: at(30), updated_at: at(30) };
  const buyer = { customer: { id: 1, email: AWAY, first_name: 'Robin' } };
  expect(await tell('orders/create', order(7, { ...buyer, ...placed }), 30)).toMatchObject({ state: 'accepted' });
  expect(accepted().at(-1)).toMatchObject({ Email: AWAY, Order: { Id: '7' } });
  expect(flags('EmailPermission')).toEqual([]);
});

it('a merged customer’s opt-in that arrives late goes out when the kept customer has opted in', async () => {
  const { tell, flags, at } = await merged({ marketingState: 'SUBSCRIBED', chosen: 5 });
  expect(await tell(EMAIL, emailConsent(1, 'subscribed', at(30)), 30)).toMatchObject({ state: 'accepted' });
  expect(flags('EmailPermission', AWAY)).toEqual([true]);
});

it('a merged customer’s opt-out that arrives late goes out whatever Shopify says about the kept customer', async () => {
  const { tell, flags, at } = await merged({ marketingState: 'NOT_SUBSCRIBED', chosen: null });
  expect(await tell(EMAIL, emailConsent(1, 'unsubscribed', at(30)), 30)).toMatchObject({ state: 'accepted' });
  expect(flags('EmailPermission', AWAY)).toEqual([false]);
});
