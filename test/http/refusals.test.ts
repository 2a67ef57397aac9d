import { expect, it } from 'vitest';
import type { z } from 'zod';
import { faultsOf } from '../../server/domain/fault.ts';
import { settingsDocument } from '../../server/domain/settings/contract.ts';
import {
  dismissManyContract,
  issuesContract,
  listContract,
  manyContract,
  oneContract,
} from '../../server/features/activity/contract.ts';
import { importContract } from '../../server/features/imports/contract.ts';
import { vitalsContract } from '../../server/features/operations/web-vitals.ts';
import { queryContract } from '../../server/features/people/contract.ts';
import { listContract as requestsContract } from '../../server/features/privacy/api.ts';
import {
  previewContract,
  seenContract,
  setupContract,
  testRequest,
  viewContract,
} from '../../server/features/settings/contract.ts';

/** What no key accepts, or few. */
const values: readonly unknown[] = [
  ...[null, true, 5, -1, 0.5, 1e300, '', 'x', 'x,y', 'x'.repeat(2000), '\u0000', '\ud800'],
  ...[[], [5], ['x'], [null], [{}], ['x', 'x']],
  ...[{}, { a: 1 }, { from: 'x' }, { from: 'tag', prefix: 5 }, { from: 'text', values: [5] }, { optIn: 5 }],
];

const keysOf = (contract: z.core.$ZodType): [string, z.core.$ZodType][] => {
  const { def } = contract._zod as { def: { shape?: object; innerType?: z.core.$ZodType; in?: z.core.$ZodType } };
  const inner = def.innerType ?? def.in;
  return def.shape ? Object.entries(def.shape) : inner ? keysOf(inner) : [];
};

/** Documents with such a value in place of each key, at any depth. */
const documents = (contract: z.core.$ZodType): unknown[] =>
  keysOf(contract).flatMap(([key, inner]) => [...values, ...documents(inner)].map((value) => ({ [key]: value })));

it.each<[string, z.ZodType]>([
  ['PUT /settings', settingsDocument],
  ['GET /activity', listContract('UTC')],
  ['POST /activity/retry', manyContract('UTC')],
  ['POST /activity/:id/retry', oneContract],
  ['POST /activity/dismiss', dismissManyContract('UTC')],
  ['GET /issues', issuesContract],
  ['POST /imports', importContract(Date.parse('2026-11-23T12:00:00Z'), 'UTC')],
  ['GET /people', queryContract],
  ['GET /privacy-requests', requestsContract],
  ['POST /preview', previewContract],
  ['PUT /seen', seenContract],
  ['PUT /setup', setupContract],
  ['POST /test-record', testRequest],
  ['PUT /views/:id', viewContract],
  ['POST /web-vitals', vitalsContract],
])('%s says in a sentence of ours what is wrong with any value', (_, contract) => {
  const refused = documents(contract).flatMap((document) => {
    const parsed = contract.safeParse(document);
    return parsed.success ? [] : [{ document, faults: faultsOf(parsed.error) }];
  });
  expect(refused.length).toBeGreaterThan(0);
  for (const { document, faults } of refused) {
    const codes = faults.map(({ text }) => text.code);
    expect(codes.length, JSON.stringify(document)).toBeGreaterThan(0);
    expect(codes, JSON.stringify(document)).not.toContain('as_it_is');
  }
});
