import '@shopify/ui-extensions';

/** What the admin gives each action, in the form that Shopify CLI writes. */
declare module './src/send-selection.tsx' {
  const shopify: import('@shopify/ui-extensions/admin.customer-index.selection-action.render').Api;
}
declare module './src/send-segment.tsx' {
  const shopify: import('@shopify/ui-extensions/admin.customer-segment-details.action.render').Api;
}
