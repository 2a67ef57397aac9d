import '@shopify/ui-extensions';

/** What the admin gives the block, in the form that Shopify CLI writes. */
declare module './src/customer-block.tsx' {
  const shopify: import('@shopify/ui-extensions/admin.customer-details.block.render').Api;
}
