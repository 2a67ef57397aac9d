import { HIDDEN_FIELDS } from '../hides.ts';
import type { AddressBody } from '../payloads.ts';
import { hiddenFields } from './hidden-fields.ts';
import type { AddressNode, CustomerNode } from './nodes.ts';

/** A mailing address in webhook form. */
export const addressBody = (node: AddressNode) =>
  node
    ? ({
        first_name: node.firstName ?? null,
        last_name: node.lastName ?? null,
        phone: node.phone ?? null,
        address1: node.address1 ?? null,
        address2: node.address2 ?? null,
        city: node.city ?? null,
        zip: node.zip ?? null,
        province: node.province ?? null,
        province_code: node.provinceCode ?? null,
        country: node.country ?? null,
        country_code: node.countryCodeV2 ?? null,
      } satisfies Record<keyof AddressBody, string | null>)
    : null;

export const buyerBody = (node: CustomerNode) => ({
  admin_graphql_api_id: node.id,
  first_name: node.firstName ?? null,
  last_name: node.lastName ?? null,
  email: node.defaultEmailAddress?.emailAddress ?? null,
  phone: node.defaultPhoneNumber?.phoneNumber ?? null,
  default_address: addressBody(node.defaultAddress),
});

/** The fields the app may not see, for the body; nothing if it sees all. */
export function hiddenBody(node: object, denied: readonly string[]): Record<string, unknown> {
  const hidden = hiddenFields(node, denied);
  return hidden.length > 0 ? { [HIDDEN_FIELDS]: hidden } : {};
}

/**
 * A customer in the form of customers/create and customers/update, so that the same code handles
 * it.
 * @param denied the paths of its fields that the app may not see
 */
export const customerBody = (node: CustomerNode, denied: readonly string[]): Record<string, unknown> => ({
  ...buyerBody(node),
  created_at: node.createdAt ?? null,
  updated_at: node.updatedAt ?? null,
  ...hiddenBody(node, denied),
});
