import { describe, expect, it } from 'vitest';
import { judgeReport } from './judge-report.ts';

const printed = (issues: object[], files = 300) =>
  `npm warn something\n${JSON.stringify({
    operation: 'scan',
    engine: { name: 'shopify-app-doctor', version: '4.8.2', ruleset: 'x' },
    scan: { scan: { files_scanned: files, rules_run: 3 }, issues },
    trace: {},
  })}`;
const issue = (severity: string) => ({
  id: 'MISSING_COMPLIANCE_WEBHOOKS',
  severity,
  message: 'Missing mandatory compliance webhooks',
  location: { file: 'shopify.app.toml' },
});

describe('the report of shopify app doctor', () => {
  it.each([
    ['low', 0],
    ['medium', 1],
    ['high', 1],
    ['critical, in a later version', 1],
  ])('%s', (severity, count) => {
    expect(judgeReport(printed([issue(severity)])).bad).toHaveLength(count);
  });

  it('is good without findings', () => {
    expect(judgeReport(printed([]))).toMatchObject({
      bad: [],
      summary: 'shopify-app-doctor 4.8.2: 300 files, 0 findings',
    });
  });

  it('is a failure if it isn’t one, or is from a scan that saw nothing', () => {
    expect(() => judgeReport('Something went wrong')).toThrow();
    expect(() => judgeReport('{"engine":{}}')).toThrow();
    expect(() => judgeReport(printed([], 3))).toThrow();
  });
});
