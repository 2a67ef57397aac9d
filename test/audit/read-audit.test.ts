import { describe, expect, it } from 'vitest';
import { describeAudit, readAudit } from './read-audit.ts';

const advisory = { title: 'Reads any file', url: 'https://github.com/advisories/GHSA-1', severity: 'high' };
const report = (vulnerabilities: object, total: number) =>
  JSON.stringify({ auditReportVersion: 2, vulnerabilities, metadata: { dependencies: { total } } });
const weak = { severity: 'high', via: [advisory], fixAvailable: { name: 'left', version: '2.0.0' } };
const above = { severity: 'high', via: ['left'], fixAvailable: true };
const clean = readAudit(report({}, 150));

describe('npm run audit:report', () => {
  it('lists each advisory once, with its package, its fix and whether it runs in production', () => {
    const found = readAudit(report({ left: weak, right: above }, 400));
    expect(describeAudit(found, found)).toEqual({
      bad: true,
      text:
        'high: left, runs in production: Reads any file. Fix: left 2.0.0. https://github.com/advisories/GHSA-1\n' +
        '400 packages, 400 of them run in production: 1 advisories, 1 of them about what runs.\n',
    });
  });

  it('does not fail because of what only builds and tests', () => {
    const { bad, text } = describeAudit(clean, readAudit(report({ left: weak }, 400)));
    expect(bad).toBe(false);
    expect(text).toContain('only builds and tests');
  });

  it.each([
    ['a registry without advisories', '{"message":"405 Method Not Allowed","method":"POST"}', '405 Method Not Allowed'],
    ['no answer at all', '', 'something else'],
    ['another report', '{"auditReportVersion":1}', 'something else'],
  ])('says that nothing is known, and never that all is well, given %s', (_, printed, why) => {
    const unknown = readAudit(printed);
    for (const [runs, all] of [
      [unknown, unknown],
      [clean, unknown],
      [unknown, clean],
    ] as const) {
      const { text } = describeAudit(runs, all);
      expect(text).toMatch(/^Nothing is known: /);
      expect(text).toContain(why);
    }
  });
});
