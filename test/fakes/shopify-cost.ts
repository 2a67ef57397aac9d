import { Kind, type OperationDefinitionNode, type SelectionSetNode, valueFromASTUntyped } from 'graphql';

const FREE = new Set(['edges', 'pageInfo']);

/**
 * Roughly what the Admin API estimates a query to cost before it runs: one point per object, as
 * many as a page or a list of ids may hold, none for values
 * (https://shopify.dev/docs/api/usage/limits).
 */
export function costOf(operation: OperationDefinitionNode, variables: Record<string, unknown>): number {
  const given = (args: readonly { name: { value: string }; value: Parameters<typeof valueFromASTUntyped>[0] }[]) =>
    Object.fromEntries(args.map((arg) => [arg.name.value, valueFromASTUntyped(arg.value, variables)]));

  const costOfSet = (set: SelectionSetNode): number =>
    set.selections.reduce((sum, node) => {
      if (node.kind === Kind.INLINE_FRAGMENT) return sum + costOfSet(node.selectionSet);
      if (node.kind !== Kind.FIELD || !node.selectionSet) return sum;
      const include = node.directives?.find(({ name }) => name.value === 'include');
      if (include && given(include.arguments ?? [])['if'] === false) return sum;
      const { first, ids } = given(node.arguments ?? []);
      const inside = costOfSet(node.selectionSet);
      if (Array.isArray(ids)) return sum + ids.length * (1 + inside);
      if (typeof first === 'number') return sum + 2 + first * inside;
      return sum + inside + (FREE.has(node.name.value) ? 0 : 1);
    }, 0);
  const cost = costOfSet(operation.selectionSet);
  return operation.operation === 'mutation' ? cost + 10 : cost;
}
