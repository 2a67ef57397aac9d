/** What Shopify, or whoever tries out a connection, reads when a request of theirs isn't taken. */
export const REFUSED = {
  unsigned:
    'X-Shopify-Hmac-Sha256 is missing or isn’t a signature. Only Shopify sends to this address; to try it out, use "shopify app webhook trigger".',
  wronglySigned:
    'The signature doesn’t fit the body. If Shopify sent this, set SHOPIFY_API_SECRET to the client secret of this app, and check that nothing on the way changes the body.',
  notStored: 'The app can’t store this right now. Send it again in a few seconds.',
};
