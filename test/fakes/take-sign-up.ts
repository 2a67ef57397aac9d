import { emailOf, type FakeShop } from './shopify-shop.ts';

/** One of the webhooks Shopify sends for a sign-up. */
type SignUpEvent = { name: 'create' | 'tags' | 'consent'; topic: string; body: object };

/**
 * What Shopify does with a post of its customer form
 * (https://shopify.dev/docs/api/liquid/tags/form#form-customer): there is a customer with these
 * tags who has opted in, and three webhooks say so, in any order.
 * @param there the shop in the Admin API's stand-in
 * @param post the form's fields by name
 */
export function takeSignUp(there: FakeShop, id: number, post: Record<string, string>): SignUpEvent[] {
  const at = new Date().toISOString();
  const email = post['contact[email]'] ?? '';
  const firstName = post['contact[first_name]'] || null;
  const tags = (post['contact[tags]'] ?? '').split(',').map((tag) => tag.trim());
  const chosen = {
    marketingState: 'SUBSCRIBED',
    marketingOptInLevel: 'SINGLE_OPT_IN',
    marketingUpdatedAt: at,
  } as const;
  there.setCustomer({
    id,
    createdAt: at,
    updatedAt: at,
    firstName,
    tags,
    defaultEmailAddress: emailOf(email, chosen),
  });
  return [
    {
      name: 'create',
      topic: 'customers/create',
      body: { id, email, first_name: firstName, created_at: at, updated_at: at },
    },
    {
      name: 'tags',
      topic: 'customer.tags_added',
      body: { customerId: `gid://shopify/Customer/${id}`, tags, occurredAt: at },
    },
    {
      name: 'consent',
      topic: 'customers_email_marketing_consent/update',
      body: {
        customer_id: id,
        email_address: email,
        email_marketing_consent: { state: 'subscribed', opt_in_level: 'single_opt_in', consent_updated_at: at },
      },
    },
  ];
}
