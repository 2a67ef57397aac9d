/** The words of webhooks for what the Admin API calls otherwise; null: no webhook has it. */
const WORDS: Readonly<Record<string, string>> = { countryCodeV2: 'country_code' };
const HOLDERS: Readonly<Record<string, { word: string; value: string }>> = {
  defaultEmailAddress: { word: 'email', value: 'emailAddress' },
  defaultPhoneNumber: { word: 'phone', value: 'phoneNumber' },
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The path up to where there is nothing: a denied field that may not be null empties what it is in. Null: it is there. */
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
 * What of a node is empty because the app may not see it, as paths in a webhook's body, e.g. `customer.default_address.city`:
 * unknown, not empty.
 * @param denied as Shopify names them, from the node on: `customer.defaultAddress.city`
 */
export function hiddenFields(node: object, denied: readonly string[]): string[] {
  const empty = denied.map((path) => emptyAt(node, path)).filter((path) => path !== null);
  return [...new Set(empty.map(inWebhookWords).filter((path) => path !== null))].sort();
}

/** The denied paths within a part of an answer, from there on: of `customer`, `customer.tags` is `tags`. */
export const deniedWithin = (part: string, denied: readonly string[]): string[] =>
  denied.flatMap((path) => (path.startsWith(`${part}.`) ? [path.slice(part.length + 1)] : []));
