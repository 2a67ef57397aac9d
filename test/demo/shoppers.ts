import { emailOf, type FakeShop } from '../fakes/shopify-shop.ts';
import { sampleOf } from './samples.ts';

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);

/**
 * The people in Shopify's own samples, as the shop's Admin API has them: nobody ever asked for
 * their consent.
 */
export function addSampleCustomers(shop: FakeShop): void {
  for (const sample of [sampleOf('customers/update'), sampleOf('orders/create')['customer']]) {
    if (typeof sample !== 'object' || sample === null) continue;
    const field = (name: string) => text(Reflect.get(sample, name));
    const id = field('admin_graphql_api_id');
    const email = field('email');
    if (id === null || email === null) continue;
    shop.setCustomer({
      id,
      firstName: field('first_name'),
      lastName: field('last_name'),
      defaultEmailAddress: emailOf(email),
    });
  }
}
