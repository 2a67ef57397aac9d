/** As email programs write an address beside its name, or with a comma or full stop behind it. */
const EMAIL = /^(?:[^<>]*<)?([^<>\s@]+@[^<>\s@]*[^<>\s@.,;])>?[.,;\s]*$/;
/** The address of a customer's page in the Shopify admin. */
const CUSTOMER_PAGE = /^https:\/\/[^\s?#]+\/customers\/(\d+)(?:[/?#]\S*)?$/;

/**
 * What is searched for, without what comes with it when it is copied from an email, a link or the
 * Shopify admin.
 */
export function searchText(text: string): string {
  const linked = text.replace(/^(?:mailto|tel):(?=.)/i, '');
  return EMAIL.exec(linked)?.[1] ?? CUSTOMER_PAGE.exec(linked)?.[1] ?? linked;
}
