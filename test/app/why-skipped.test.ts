import { beforeAll, expect, it } from 'vitest';
import { whySkipped } from '../../app/imports/why-skipped.ts';
import { startTexts } from '../../app/texts.ts';

beforeAll(async () => void (await startTexts('en')));

it.each([
  ['dismissed', 'done', 'dismissed'],
  ['dismissed', 'running', 'dismissed'],
  ['dismissed', 'cancelled', 'import canceled, or dismissed'],
  ['no_contact', 'cancelled', 'no email or phone'],
  ['expired', 'done', 'other reasons'],
] as const)('what an import skipped as %s is, while it is %s, “%s”', (reason, state, why) => {
  expect(whySkipped(reason, state)).toBe(why);
});
