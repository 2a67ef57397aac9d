import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const manifest: Record<'dependencies' | 'devDependencies', Record<string, string>> = JSON.parse(read('package.json'));
const lock: { packages: Record<string, { dev?: true; optional?: true; devOptional?: true; peer?: true }> } = JSON.parse(
  read('package-lock.json'),
);

describe('docs/dependencies.md', () => {
  const doc = read('docs/dependencies.md');

  it('says why each package that runs in production is there, and lists no other', () => {
    const rows = [...doc.matchAll(/^\| ((?:`[^`]+`(?:, )?)+) \|/gm)].flatMap(([, names = '']) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    );
    expect(rows.sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });

  it('is right about what the container image installs: fewer than 160 packages, without Prisma’s client or tools', () => {
    const [, flags = ''] = /^RUN npm ci (.*)$/m.exec(read('Dockerfile')) ?? [];
    expect(flags).toBe('--omit=dev --omit=optional --ignore-scripts');
    expect(doc).toContain(`npm ci ${flags}`);
    const kept = Object.entries(lock.packages).filter(
      ([place, { dev, optional, devOptional, peer }]) => place !== '' && !dev && !optional && !devOptional && !peer,
    );
    expect(doc).toContain('fewer than 160 packages');
    expect(kept.length).toBeLessThan(160);
    expect(
      kept.map(([place]) => place).filter((place) => /\/prisma$|studio|@prisma\/(engines|client)/.test(place)),
    ).toEqual([]);
  });

  it('has only exact versions', () => {
    const versions = Object.values({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter((version) => !/^\d+\.\d+\.\d+([-+].*)?$/.test(version))).toEqual([]);
  });
});
