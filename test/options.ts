/** Values of the commands' options: a mistyped one must not end as a run that found nothing. */
import { refuse } from '../server/options.ts';

/** The number given as `--name`. Otherwise says so, and ends the process. */
export function numberOf(name: string, given: string): number {
  const number = given.trim() === '' ? Number.NaN : Number(given);
  return number >= 0 ? number : refuse(`--${name} takes a number of 0 or more, not "${given}"`);
}

/** The same, of which 0 would leave nothing to do. */
export function someOf(name: string, given: string): number {
  const number = given.trim() === '' ? Number.NaN : Number(given);
  return number > 0 ? number : refuse(`--${name} takes a number above 0, not "${given}"`);
}

/** The names given as `--name`, separated by commas. Otherwise says which there are, and ends the process. */
export function namesOf<Name extends string>(name: string, given: string, known: readonly Name[]): Name[] {
  return given
    .split(',')
    .map(
      (one) =>
        known.find((each) => each === one) ?? refuse(`--${name} takes some of ${known.join(', ')}, not "${one}"`),
    );
}
