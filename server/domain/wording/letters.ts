/**
 * Emails that the merchant sends to Ascent360. Always in English, the language Ascent360 works in.
 */

/** What Ascent360 has to set up on its side. */
export const setUpLetter = ({ shop, source, type }: { shop: string; source: string; type: string }): string =>
  `Hello,

Our Shopify store ${shop} now sends its customers and orders to our data webhook. Could you please

1. set up the source "${source}" (SourceType "${type}") for it, and
2. map the "Order" object of each record: match by Order.Id and update the existing purchase instead of adding another, with Order.CreatedAt as the purchase date and Order.Total as the amount. Order.Event is "created", "updated", "cancelled" or "import".

Permission fields (EmailPermission, SMSPermission) are included only when a person changed their choice.

Thank you.`;

/** The letter with the person it is about at its end, named by everything that is known of them. */
export const aboutPerson = (letter: string, known: readonly string[]): string =>
  `${letter}\n\nThe person: ${known.join(', ')}.`;
