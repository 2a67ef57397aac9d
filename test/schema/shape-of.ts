import {
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Fields, Shape } from '../../server/admin/shape.ts';

type Leaf = Exclude<Shape['is'], 'list' | 'object'>;

const LEAVES: Record<string, Leaf> = { Int: 'number', Float: 'number', Boolean: 'boolean', JSON: 'any' };

function fieldsOf(schema: GraphQLSchema, parentName: string, set: SelectionSetNode): Fields {
  const parent = schema.getType(parentName);
  const fields: Fields = {};
  for (const selection of set.selections) {
    // Fragments hold fields that only some types have: whoever uses them checks the type.
    if (selection.kind !== Kind.FIELD || selection.name.value === '__typename') continue;
    if (!isObjectType(parent)) continue;
    const field = parent.getFields()[selection.name.value];
    if (!field) throw new Error(`${parentName} has no ${selection.name.value}`);
    const isAsked = selection.directives?.length ? { maybe: true as const } : {};
    fields[selection.name.value] = { ...shapeOf(schema, field.type, selection.selectionSet), ...isAsked };
  }
  return fields;
}

function shapeOf(schema: GraphQLSchema, type: GraphQLOutputType, set: SelectionSetNode | undefined): Shape {
  const orNull = isNonNullType(type) ? {} : { orNull: true as const };
  const bare = isNonNullType(type) ? type.ofType : type;
  if (isListType(bare)) return { is: 'list', of: shapeOf(schema, bare.ofType, set), ...orNull };
  const { name } = getNamedType(bare);
  if (!isCompositeType(bare) || !set) return { is: LEAVES[name] ?? 'text', ...orNull };
  const on: Record<string, Fields> = {};
  for (const selection of set.selections) {
    if (selection.kind !== Kind.INLINE_FRAGMENT || !selection.typeCondition) continue;
    const { value } = selection.typeCondition.name;
    on[value] = fieldsOf(schema, value, selection.selectionSet);
  }
  const byType = Object.keys(on).length > 0 ? { on } : {};
  return { is: 'object', fields: fieldsOf(schema, name, set), ...byType, ...orNull };
}

/** The shape of an answer to this operation. */
export function shapeOfAnswer(schema: GraphQLSchema, node: OperationDefinitionNode): Fields {
  const root = node.operation === 'mutation' ? schema.getMutationType() : schema.getQueryType();
  if (!root) throw new Error('The schema has no such operation');
  return fieldsOf(schema, root.name, node.selectionSet);
}
