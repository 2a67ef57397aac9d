import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';

const folder = path.join(import.meta.dirname, '../../server/admin/documents');

type Operation = { name: string; file: string; node: OperationDefinitionNode; text: string };

/** The app's documents: all together, and each operation by itself with its fragments included. */
export type Documents = { document: DocumentNode; operations: Operation[] };

function putIn(set: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): SelectionSetNode {
  const selections = set.selections.flatMap((selection): readonly SelectionNode[] => {
    if (selection.kind !== Kind.FRAGMENT_SPREAD) return [selection];
    const fragment = fragments.get(selection.name.value);
    if (!fragment) throw new Error(`There is no fragment ${selection.name.value}`);
    return putIn(fragment.selectionSet, fragments).selections;
  });
  return { ...set, selections };
}

/** `customers-by-ids` → `CustomersByIds` */
const nameOf = (file: string) => file.replace(/\.graphql$/, '').replaceAll(/(^|-)(\w)/g, (_, __, c) => c.toUpperCase());

export async function readDocuments(): Promise<Documents> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.graphql')).sort();
  const parsed = await Promise.all(
    files.map(async (file) => ({ file, ast: parse(await readFile(path.join(folder, file), 'utf8')) })),
  );
  const definitions = parsed.flatMap(({ file, ast }) =>
    ast.definitions.map((node) => {
      const named = node.kind === Kind.OPERATION_DEFINITION || node.kind === Kind.FRAGMENT_DEFINITION;
      if (!named || node.name?.value !== nameOf(file))
        throw new Error(`${file} holds something else than ${nameOf(file)}`);
      return { file, node };
    }),
  );
  const fragments = new Map(
    definitions.flatMap(({ node }) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );
  const operations = definitions.flatMap(({ file, node }) => {
    if (node.kind !== Kind.OPERATION_DEFINITION) return [];
    const whole = visit(node, { [Kind.SELECTION_SET]: (set: SelectionSetNode) => putIn(set, fragments) });
    return [{ name: nameOf(file), file, node: whole, text: print(whole) }];
  });
  return { document: { kind: Kind.DOCUMENT, definitions: definitions.map(({ node }) => node) }, operations };
}
