/** No test loads this: see `run-mutants.test.ts`. */
export const isEven = (n: number) => n % 2 === 0;
