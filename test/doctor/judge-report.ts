import { z } from 'zod';

const report = z.object({
  engine: z.object({ name: z.literal('shopify-app-doctor'), version: z.string() }),
  scan: z.object({
    scan: z.object({ files_scanned: z.number(), rules_run: z.number().min(1) }),
    issues: z.array(
      z.object({
        id: z.string(),
        severity: z.string(),
        message: z.string(),
        location: z.object({ file: z.string(), line: z.number().optional() }).partial().optional(),
      }),
    ),
  }),
});

/** Any other severity, even an unknown one, has to be looked at. */
const HARMLESS = new Set(['low', 'info']);

/**
 * Reads what `shopify app doctor --json` printed.
 * @returns only the report, a one-line summary, and the findings of medium severity or above
 * @throws Error if it isn't a report, or is from a scan that looked at nothing
 */
export function judgeReport(printed: string): { report: object; summary: string; bad: string[] } {
  const from = printed.indexOf('{');
  if (from < 0) throw new Error('It printed no report');
  const parsed: unknown = JSON.parse(printed.slice(from));
  const { engine, scan } = report.parse(parsed);
  if (scan.scan.files_scanned < 100) throw new Error(`It looked at ${scan.scan.files_scanned} files only`);
  const lines = scan.issues.map(
    ({ id, severity, message, location }) => `${severity} ${id} ${location?.file ?? ''}: ${message}`,
  );
  return {
    report: { engine, scan },
    summary: `${engine.name} ${engine.version}: ${scan.scan.files_scanned} files, ${lines.length} findings`,
    bad: lines.filter((_, i) => !HARMLESS.has(scan.issues[i]?.severity ?? '')),
  };
}
