/**
 * Something that tests need is not on this machine. On CI that is a failure, so that no test goes missing there without a word;
 * elsewhere the run says what it leaves out.
 * @param tests what is left out
 * @param remedy what brings it
 */
export function leftOut(tests: string, remedy: string): void {
  if (process.env['CI']) throw new Error(`CI runs all tests, also ${tests}: ${remedy}`);
  process.stderr.write(`Left out: ${tests}. To run them: ${remedy}.\n`);
}
