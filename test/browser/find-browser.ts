import { existsSync } from 'node:fs';

/** A Chromium that tests can start: its command and arguments, or why there is none. */
type FoundBrowser = { executablePath: string; args: string[] } | { missing: string };

/**
 * CHROME_PATH if set; otherwise the Chromium in the package @sparticuz/chromium, which is built for
 * Linux on x64 and unpacks itself into the directory for temporary files.
 */
export async function findBrowser(env: Record<string, string | undefined>): Promise<FoundBrowser> {
  const own = env['CHROME_PATH'];
  if (own)
    return existsSync(own) ? { executablePath: own, args: [] } : { missing: `CHROME_PATH names no file: ${own}` };
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { missing: 'set CHROME_PATH to a Chrome or Chromium: the one that comes as a package is for Linux on x64' };
  }
  const { default: chromium } = await import('@sparticuz/chromium');
  // Not the package's own arguments: they switch off the same-origin rule and run everything in one
  // process. The drawing alone, in the browser's own, saves a seventeenth of the processor time.
  return {
    executablePath: await chromium.executablePath(),
    args: ['--no-sandbox', '--disable-gpu', '--in-process-gpu'],
  };
}
