/** Small code whose mutants are known: `run-mutants.test.ts` tries them. */

let sold = 0;

/** Noticed: both sides of the limit are tested. */
export const isOfAge = (age: number) => age >= 18;

/** One mutant changes nothing: at ten both ways give ten. */
export function capped(pieces: number): number {
  if (pieces > 10) return 10;
  return pieces;
}

/** What a mutant of this leaves behind is no other's business. */
export function sell(pieces: number): number {
  sold += pieces;
  return sold;
}

/** A mutant of this never ends. */
export function countTo(last: number): number {
  let n = 0;
  while (n < last) n += 1;
  return n;
}

/** Called by a test that looks at nothing. */
export const greet = (name: string) => `Hello ${name}`;

/** A mutant of this breaks what runs in the background. */
export function openDrawers(count: number): void {
  if (count < 1) throw new Error();
}
