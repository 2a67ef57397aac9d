import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DOCUMENTS, documentUrl, formatJson, renew } from './print-samples.ts';

it.each(Object.entries(DOCUMENTS))('%s shows what the code does (npm run docs)', (name, print) => {
  const text = readFileSync(documentUrl(name), 'utf8');
  expect(renew(text, print())).toBe(text);
});

it.each([
  [{ a: 1, b: ['x', 'y'] }, '{ "a": 1, "b": ["x", "y"] }'],
  [{ a: 'x'.repeat(60), b: 'y'.repeat(60) }, `{\n  "a": "${'x'.repeat(60)}",\n  "b": "${'y'.repeat(60)}"\n}`],
  [[], '[]'],
  [null, 'null'],
])('JSON is printed on one line if it fits: %j', (value, printed) => {
  expect(formatJson(value)).toBe(printed);
});
