import type { AddressNode, BuyerNode, CustomerNode } from './nodes.ts';

/** A mailing address as webhooks have it. */
export const addressBody = (node: AddressNode | null | undefined) =>
  node
    ? {
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
      }
    : null;

export const buyerBody = (node: BuyerNode) => ({
  admin_graphql_api_id: node.id,
  first_name: node.firstName ?? null,
  last_name: node.lastName ?? null,
  email: node.defaultEmailAddress?.emailAddress ?? null,
  phone: node.defaultPhoneNumber?.phoneNumber ?? null,
  default_address: addressBody(node.defaultAddress),
});

/** A customer as customers/create and customers/update have it, so that it goes the same way. */
export const customerBody = (node: CustomerNode): Record<string, unknown> => ({
  ...buyerBody(node),
  created_at: node.createdAt ?? null,
  updated_at: node.updatedAt ?? null,
});
