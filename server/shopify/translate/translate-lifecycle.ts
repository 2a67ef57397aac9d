import { isTimeZone } from '../../domain/days.ts';
import { type ShopFacts, type Translated, TranslationError } from '../../domain/translated.ts';
import { exactId, setKnown } from '../fields.ts';
import type { Body } from '../parse-body.ts';
import { customerDeletedSchema, mergeSchema, shopSchema } from '../payloads.ts';
import { countries } from './countries.ts';
import { readEmail } from './read-email.ts';
import { readInstant } from './read-moment.ts';

/**
 * customers/delete.
 * @throws TranslationError when the customer's id is missing
 */
export function translateCustomerDeleted(body: Body): Translated {
  const customer = customerDeletedSchema.parse(body);
  const customerId = exactId(customer.id, customer.admin_graphql_api_id);
  if (customerId === undefined) throw new TranslationError('customer_without_id');
  return { kind: 'customer_deleted', customerId };
}

/** app/uninstalled: the topic says it all. */
export function translateUninstalled(): Translated {
  return { kind: 'uninstalled' };
}

/** app/scopes_update: nothing to store. What the app may do shows when it tries. */
export function translateScopesUpdate(): Translated {
  return { kind: 'lifecycle', shop: {} };
}

/** shop/update. Drops a country code or time zone that the rest of the app wouldn't understand. */
export function translateShopUpdate(body: Body): Translated {
  const told = shopSchema.parse(body);
  const shop: ShopFacts = {};
  setKnown(shop, 'name', told.name);
  setKnown(shop, 'email', told.email === undefined ? undefined : readEmail(told.email));
  setKnown(shop, 'country', countryCode(told.country_code));
  setKnown(shop, 'timeZone', isTimeZone(told.iana_timezone ?? '') ? told.iana_timezone : undefined);
  const updatedAt = readInstant(told.updated_at);
  if (updatedAt !== undefined) shop.updatedAt = updatedAt;
  return { kind: 'lifecycle', shop };
}

function countryCode(text: string | undefined): string | undefined {
  const code = text?.toUpperCase();
  return code !== undefined && countries.alpha2ToAlpha3(code) !== undefined ? code : undefined;
}

/**
 * customers/merge. The topic also reports requested, running and failed merges: only a completed
 * one counts.
 * @throws TranslationError when a completed one doesn't name both customers
 */
export function translateMerge(body: Body): Translated {
  const merge = mergeSchema.parse(body);
  const completed = merge.status?.toLowerCase() === 'completed';
  const keptId = merge.admin_graphql_api_customer_kept_id ?? null;
  const deletedId = merge.admin_graphql_api_customer_deleted_id ?? null;
  if (completed && (keptId === null || deletedId === null)) throw new TranslationError('merge_without_customers');
  return { kind: 'merge', completed, keptId, deletedId };
}
