import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { choiceTable } from './choice-rows.ts';
import { consentTable } from './consent-rows.ts';
import { situationTable } from './situation-rows.ts';

const doc = readFileSync(new URL('../../../docs/consent.md', import.meta.url), 'utf8');

test('the table in docs/consent.md is the one the rules are tested with', () => {
  const printed = doc.split('<!-- table -->')[1];
  expect(printed?.trim()).toBe(consentTable());
});

test('the table of what is sent by setting is the one the rules are tested with', () => {
  const printed = doc.split('<!-- choices -->')[1];
  expect(printed?.trim()).toBe(choiceTable());
});

test('the table of special situations is the one the rules are tested with', () => {
  const printed = doc.split('<!-- situations -->')[1];
  expect(printed?.trim()).toBe(situationTable());
});

test('docs/consent.md stays short enough to read', () => {
  expect(doc.split('\n').length).toBeLessThanOrEqual(170);
});
