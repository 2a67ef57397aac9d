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

/** Any other severity, one we do not know of too, has to be looked at. */
const HARMLESS = new Set(['low', 'info']);

/**
 * Reads what `shopify app doctor --json` printed.
 * @returns the report alone, a line that sums it up, and the findings of medium severity or above
 * @throws Error when it is no report, or one of a scan that looked at nothing
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
