import type { Body } from './parse-body.ts';

/** Whether a body holds nothing but an id: Shopify shortens very large ones to `{"id":…}`. */
export function isIdOnly(body: Body): boolean {
  return Object.keys(body).every((key) => key === 'id' || key === 'admin_graphql_api_id');
}
