/** Webhook names of fields that the Admin API names differently; null: no webhook has the field. */
const WORDS: Readonly<Record<string, string>> = { countryCodeV2: 'country_code' };
const HOLDERS: Readonly<Record<string, { word: string; value: string }>> = {
  defaultEmailAddress: { word: 'email', value: 'emailAddress' },
  defaultPhoneNumber: { word: 'phone', value: 'phoneNumber' },
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/**
 * The path up to the first empty value: a denied field that may not be null empties its parent.
 * Null: the field has a value.
 */
function emptyAt(node: object, path: string): string | null {
  const parts = path.split('.');
  let value: unknown = node;
  for (const [i, part] of parts.entries()) {
    value = isObject(value) ? value[part] : null;
    if (value === null || value === undefined) return parts.slice(0, i + 1).join('.');
  }
  return null;
}

const snake = (name: string) => name.replaceAll(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);

function inWebhookWords(path: string): string | null {
  const words: string[] = [];
  const parts = path.split('.');
  for (const [i, part] of parts.entries()) {
    const holder = HOLDERS[part];
    const rest = parts.slice(i + 1).join('.');
    if (holder) return rest === '' || rest === holder.value ? [...words, holder.word].join('.') : null;
    words.push(WORDS[part] ?? snake(part));
  }
  return words.join('.');
}

/**
 * The fields of a node that are empty because the app may not see them, as paths in a webhook's
 * body, e.g. `customer.default_address.city`. They are unknown, not empty.
 * @param denied paths from the node on, in Shopify's names: `customer.defaultAddress.city`
 */
export function hiddenFields(node: object, denied: readonly string[]): string[] {
  const empty = denied.map((path) => emptyAt(node, path)).filter((path) => path !== null);
  return [...new Set(empty.map(inWebhookWords).filter((path) => path !== null))].sort();
}

/**
 * The denied paths within a part of an answer, relative to it: for `customer`, `customer.tags` is
 * `tags`.
 */
export const deniedWithin = (part: string, denied: readonly string[]): string[] =>
  denied.flatMap((path) => (path.startsWith(`${part}.`) ? [path.slice(part.length + 1)] : []));
