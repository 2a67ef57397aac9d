import { expect, it } from 'vitest';
import { z } from 'zod';
import { filterShape } from '../../../server/store/events/event-filter.ts';

const filter = z.object(filterShape('America/Denver'));
const [A, B] = ['0192f0c1-0000-7000-8000-000000000001', '0192f0c1-0000-7000-8000-000000000002'];
const everything = {
  ...{ state: [], reason: null, source: [], topic: null, q: null, from: null, to: null, ids: [] },
  ...{ import: null, person: null, optOuts: null, missed: null },
};

it.each([
  ['nothing', {}],
  ['empty texts', { state: '', reason: '', source: '', topic: ' ', q: '', from: '', to: '', ids: '', import: '' }],
  ['null', { state: null, reason: null, q: null, from: null, ids: null, person: null, optOuts: null, missed: null }],
])('a filter of %s asks for every event', (_, given) => {
  expect(filter.parse(given)).toEqual(everything);
});

it.each<[object, object]>([
  [{ state: 'attention, waiting' }, { state: ['waiting', 'attention'] }],
  [{ state: ['attention', 'skipped'] }, { state: ['skipped', 'attention'] }],
  [{ source: 'webhook flow' }, { source: ['webhook', 'flow'] }],
  [{ reason: 'stale' }, { reason: 'stale' }],
  [{ q: ' ann@example.com ' }, { q: 'ann@example.com' }],
  [{ q: 'Ann <ann@example.com>' }, { q: 'ann@example.com' }],
  [{ ids: `${A},${B}` }, { ids: [A, B] }],
  [{ ids: [A] }, { ids: [A] }],
  [{ ids: Array.from({ length: 200 }, () => A) }, { ids: Array.from({ length: 200 }, () => A) }],
  [{ person: 'none' }, { person: 'none' }],
  [
    { person: A, import: B },
    { person: A, import: B },
  ],
  [{ optOuts: 'late' }, { optOuts: 'late' }],
  [{ missed: 'yes' }, { missed: 'yes' }],
  [
    { from: '2026-11-23', to: '2026-11-23' },
    { from: '2026-11-23T07:00:00.000Z', to: '2026-11-24T06:59:59.999Z' },
  ],
  [{ from: '2028-02-29' }, { from: '2028-02-29T07:00:00.000Z' }],
  [{ from: '2026-11-23T10:00Z' }, { from: '2026-11-23T10:00:00.000Z' }],
  [{ from: '2026-11-23t10:00:05.25+01:00' }, { from: '2026-11-23T09:00:05.250Z' }],
])('a filter of %j is read', (given, read) => {
  const written = (at: number | null) => (at === null ? null : new Date(at).toISOString());
  const { from, to, ...others } = filter.parse(given);
  expect({ ...others, from: written(from), to: written(to) }).toEqual({ ...everything, ...read });
});

it.each([
  // An empty list would name every event: all would be sent again.
  { ids: [] },
  { ids: ',' },
  { ids: `${A},x` },
  { ids: Array.from({ length: 201 }, () => A) },
  { state: 'attention,other' },
  { source: 'shopify' },
  { reason: 'attention' },
  { optOuts: 'all' },
  { missed: 'no' },
  { person: 'nobody' },
  { import: 'none' },
  { q: 'a\u0000b' },
  { q: 'x'.repeat(321) },
  { topic: 'x'.repeat(101) },
  ...['yesterday', '2026-02-30', '2026-13-01', '1969-12-31', '9000-01-01', '2026-11-23x', 'x2026-11-23'].map(
    (from) => ({
      from,
    }),
  ),
  ...['2026-02-30T10:00Z', '2026-11-23T10:00', '2026-11-23T25:00Z', '1969-12-31T10:00Z', '2026-11-23T10:00Zx'].map(
    (to) => ({ to }),
  ),
])('a filter of %j is refused: it would ask for other events than was meant', (given) => {
  expect(filter.safeParse(given).success).toBe(false);
});
