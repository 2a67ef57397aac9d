import type { ShopifyId } from '../domain/scalars.ts';

/** The id of a record as the Admin API writes it. */
export const gidOf = (type: 'Customer' | 'Order' | 'Segment', id: ShopifyId) => `gid://shopify/${type}/${id}`;

/** The id in a gid from the Admin API. */
export const idIn = (gid: string): ShopifyId => gid.slice(gid.lastIndexOf('/') + 1);
