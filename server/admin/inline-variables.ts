import type { AdminDocument } from './admin.ts';

type Literal = string | number | boolean | null | readonly Literal[];

/**
 * The text of a `Bulk…` document with its variables as literals: a bulk operation accepts no
 * variables. A variable without a value becomes null, as if left out of a call.
 */
export function inlineVariables<Variables extends Record<string, Literal | undefined>>(
  document: AdminDocument<unknown, Variables>,
  variables: Variables,
): string {
  const [, head = '', name = '', rest = ''] = /^(\w+ (\w+))(?:\([^)]*\))?([\s\S]*)$/.exec(document.text) ?? [];
  if (name !== document.name) throw new Error(`${document.name} does not begin with its name`);
  // JSON texts, numbers and lists are valid GraphQL too.
  return `${head}${rest.replaceAll(/\$(\w+)/g, (_, key: string) => JSON.stringify(variables[key] ?? null))}`;
}
