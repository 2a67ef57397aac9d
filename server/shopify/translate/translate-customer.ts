import { type EventContext, type Translated, TranslationError } from '../../domain/translated.ts';
import { exactId, isIdOnly } from '../fields.ts';
import { hidesOf } from '../hides.ts';
import type { Body } from '../parse-body.ts';
import { customerSchema } from '../payloads.ts';
import { buildContact } from './build-contact.ts';
import { firstCountry } from './read-country.ts';
import { readInstant } from './read-moment.ts';

/**
 * customers/create and customers/update. Since API 2025-01 the body has no consent, tags or totals,
 * and we ignore those in older versions: the consent topics give them with a date.
 *
 * @throws TranslationError when the customer's id is missing
 */
export function translateCustomer(body: Body, ctx: EventContext): Translated {
  const customer = customerSchema.parse(body);
  const id = exactId(customer.id, customer.admin_graphql_api_id);
  if (id === undefined) throw new TranslationError('customer_without_id');
  if (isIdOnly(body)) return { kind: 'incomplete', what: 'customer', id };
  const home = customer.default_address;
  const country = firstCountry([home, { country_code: ctx.shopCountry }]);
  return {
    kind: 'customer',
    id,
    createdAt: readInstant(customer.created_at) ?? null,
    updatedAt: readInstant(customer.updated_at) ?? null,
    contact: buildContact({
      names: [
        { path: '', value: customer },
        { path: 'default_address', value: home },
      ],
      emails: [{ path: 'email', value: customer.email }],
      phones: [{ path: 'default_address.phone', value: home?.phone, country }],
      mobiles: [{ path: 'phone', value: customer.phone, country }],
      addresses: [{ path: 'default_address', value: home }],
      hides: hidesOf(body),
    }),
  };
}
