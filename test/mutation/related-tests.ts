import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * A test that imports one of these uses a database, or a separate process, which runs the files
 * unchanged.
 */
const COSTLY = new Set(['test/fakes/database.ts', 'test/fakes/connector-process.ts']);

/** All our files that a file imports, directly and indirectly, as paths from the root. */
function createImports(root: string): (file: string) => ReadonlySet<string> {
  const direct = new Map<string, string[]>();
  const directOf = (file: string): string[] => {
    const known = direct.get(file);
    if (known) return known;
    const source = readFileSync(path.join(root, file), 'utf8');
    const found = [...source.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']*\.tsx?)'/g)]
      .map(([, to]) => path.join(path.dirname(file), to ?? ''))
      .filter((to) => existsSync(path.join(root, to)));
    direct.set(file, found);
    return found;
  };
  return (file) => {
    const seen = new Set<string>([file]);
    for (const one of seen) for (const next of directOf(one)) seen.add(next);
    return seen;
  };
}

/**
 * The tests for each file: those in the nearest folder below test/ that import it and need no
 * database; first the one with the same name, whatever it needs.
 */
export function relatedTests(root: string, files: readonly string[]): Map<string, string[]> {
  const importsOf = createImports(root);
  const of = (file: string): string[] => {
    const mirror = file.replace(/^server/, 'test');
    const named = mirror.replace(/\.ts$/, '.test.ts');
    for (let folder = path.dirname(mirror); folder !== '.'; folder = path.dirname(folder)) {
      const found = globSync(`${folder}/**/*.test.ts`, { cwd: root }).filter((test) => {
        const imports = importsOf(test);
        return imports.has(file) && (test === named || !COSTLY.values().some((costly) => imports.has(costly)));
      });
      if (found.length > 0) return found.sort((a, b) => Number(b === named) - Number(a === named));
    }
    return [];
  };
  return new Map(files.map((file) => [file, of(file)]));
}
