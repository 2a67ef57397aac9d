import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = path.join(import.meta.dirname, '..');
const read = (name: string) => readFileSync(path.join(root, name), 'utf8');

const documents = globSync(['*.md', '{.ci,app,docs,extensions,prisma,server,test}/**/*.md'], { cwd: root });
const textOf = (name: string) => read(name).replace(/```.*?```/gs, '');

/** As links name them. */
const headingsOf = (name: string) =>
  [...textOf(name).matchAll(/^#+ +(.*)$/gm)].map(([, title = '']) =>
    title
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}_\- ]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );

describe('the documents for contributors', () => {
  it.each(documents)('%s links to files and headings that exist', (name) => {
    const links = [...textOf(name).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, link = '']) => link);
    const leadsNowhere = (link: string) => {
      const [file = '', heading] = link.split('#');
      const to = file === '' ? name : path.join(path.dirname(name), file);
      if (!existsSync(path.join(root, to))) return true;
      return heading !== undefined && !headingsOf(to).includes(heading);
    };
    expect(links.filter(leadsNowhere)).toEqual([]);
  });

  it.each(['CONTRIBUTING.md', 'SECURITY.md'])('%s names files and folders that exist', (name) => {
    const named = [...read(name).matchAll(/`((?:server|app|test|prisma|docs)\/[\w./-]+)`/g)].map(
      ([, file = '']) => file,
    );
    expect(named.filter((file) => !existsSync(path.join(root, file)) && !file.includes('example'))).toEqual([]);
  });

  it('all of them name scripts that exist', () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
    const named = documents.flatMap((name) =>
      [...read(name).matchAll(/npm run ([\w:-]+)/g)].map(([, script = '']) => script),
    );
    expect(named.filter((script) => !Object.hasOwn(scripts, script))).toEqual([]);
  });

  it('README.md names every script but the one that npm runs by itself', () => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
    const [, commands = ''] = read('README.md').split('\n## Commands\n');
    const named = new Set([...commands.matchAll(/`npm (?:run )?([\w:-]+)/g)].map(([, script]) => script));
    expect(Object.keys(scripts).filter((script) => script !== 'prepare' && !named.has(script))).toEqual([]);
  });

  it('docs/faults.md says of each row of test/faults what was lost', () => {
    const rows = (text: string) => [...text.matchAll(/^\| (\d+) +\|.*\|$/gm)].map(([row, id]) => ({ row, id }));
    const tested = rows(read('test/faults/README.md')).map(({ id }) => id);
    // Tables below the first heading tell more about some rows.
    const [table = ''] = read('docs/faults.md').split('\n## ');
    const told = rows(table);
    expect(tested.length).toBeGreaterThan(40);
    expect(told.map(({ id }) => id)).toEqual(tested);
    expect(told.filter(({ row }) => !/ \| (0|–) \|$/.test(row))).toEqual([]);
  });

  it('package.json and LICENSE agree', () => {
    expect(JSON.parse(read('package.json'))).toMatchObject({ license: 'UNLICENSED', private: true });
    expect(read('LICENSE')).toContain('package.json says UNLICENSED');
  });
});

describe('the CI workflow', () => {
  it('runs what every machine can run, and checks the dependencies', () => {
    const workflow: { jobs: Record<string, { steps: { run?: string }[] }> } = parse(read('.github/workflows/ci.yml'));
    const runs = (job: string) => workflow.jobs[job]?.steps.flatMap(({ run }) => run ?? []);
    expect(runs('verify')?.at(-1)).toBe('.ci/run');
    expect(runs('audit')).toEqual(['npm ci', 'npm run audit:report']);
  });
});
