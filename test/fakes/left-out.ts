/**
 * Something that tests need isn't on this machine. On CI that is a failure, so that no test
 * silently goes missing there; elsewhere the run says what it leaves out.
 * @param tests what is left out
 * @param remedy how to get it
 */
export function leftOut(tests: string, remedy: string): void {
  if (process.env['CI']) throw new Error(`CI runs all tests, also ${tests}: ${remedy}`);
  process.stderr.write(`Left out: ${tests}. To run them: ${remedy}.\n`);
}
