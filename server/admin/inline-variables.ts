import type { AdminDocument } from './admin.ts';

type Literal = string | number | boolean | null | readonly Literal[];

/**
 * The text of a `Bulk…` document with its variables put in as literals: a bulk operation takes a query without variables. A
 * variable without a value becomes null, as when it is left out of a call.
 */
export function inlineVariables<Variables extends Record<string, Literal | undefined>>(
  document: AdminDocument<unknown, Variables>,
  variables: Variables,
): string {
  const [, head = '', name = '', rest = ''] = /^(\w+ (\w+))(?:\([^)]*\))?([\s\S]*)$/.exec(document.text) ?? [];
  if (name !== document.name) throw new Error(`${document.name} does not begin with its name`);
  // JSON's texts, numbers and lists are GraphQL's too.
  return `${head}${rest.replaceAll(/\$(\w+)/g, (_, key: string) => JSON.stringify(variables[key] ?? null))}`;
}
