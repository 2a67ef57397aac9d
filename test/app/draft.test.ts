import { expect, it } from 'vitest';
import { type Draft, documentOf, editOn, isDirty, withoutChanged } from '../../app/settings/draft.ts';
import { defaultSettings } from '../../server/domain/settings/contract.ts';

const base: Draft = { ...defaultSettings(false), guid: '', newAccount: false };
const sms = { optInLevel: 'any', history: 'none' } as const;

it.each<[string, (from: Draft) => Draft, (from: Draft) => Draft, Partial<Draft>]>([
  [
    'different settings',
    (from) => ({ ...from, sourceName: 'Mine' }),
    (from) => ({ ...from, sourceName: 'Theirs', sourceType: 'Theirs' }),
    { sourceName: 'Mine', sourceType: 'Theirs' },
  ],
  [
    'different settings of one group',
    (from) => ({ ...from, send: { ...from.send, orders: false } }),
    (from) => ({ ...from, send: { ...from.send, customers: false } }),
    { send: { ...base.send, orders: false, customers: false } },
  ],
  [
    'those of different channels',
    (from) => ({ ...from, consent: { ...from.consent, sms } }),
    (from) => ({ ...from, consent: { ...from.consent, email: { ...from.consent.email, history: 'all' } } }),
    { consent: { email: { ...base.consent.email, history: 'all' }, sms } },
  ],
  [
    'those of different channels, the other way round',
    (from) => ({ ...from, consent: { ...from.consent, email: { ...from.consent.email, history: 'all' } } }),
    (from) => ({ ...from, consent: { ...from.consent, sms } }),
    { consent: { email: { ...base.consent.email, history: 'all' }, sms } },
  ],
  [
    'other settings of one channel',
    (from) => ({ ...from, consent: { ...from.consent, email: { ...from.consent.email, untickedBox: 'leaveOut' } } }),
    (from) => ({ ...from, consent: { ...from.consent, email: { ...from.consent.email, optInLevel: 'confirmed' } } }),
    {
      consent: { ...base.consent, email: { ...base.consent.email, optInLevel: 'confirmed', untickedBox: 'leaveOut' } },
    },
  ],
  [
    'the same list',
    (from) => ({ ...from, listIds: ['1'] }),
    (from) => ({ ...from, listIds: ['2'] }),
    { listIds: ['1'] },
  ],
  [
    'the same source, which is one value',
    (from) => ({ ...from, mapping: { ...from.mapping, gender: { from: 'tag', prefix: 'mine:' } } }),
    (from) => ({ ...from, mapping: { ...from.mapping, gender: { from: 'metafield', key: 'their.own' } } }),
    { mapping: { ...base.mapping, gender: { from: 'tag', prefix: 'mine:' } } },
  ],
])('what one person edits, while another saves %s, is saved on it', (_what, mine, theirs, expected) => {
  expect(editOn({ base, draft: mine(base) }, theirs(base))).toEqual({ ...theirs(base), ...expected });
});

it('nothing edited leaves what is saved', () => {
  const saved = { ...base, paused: true, listIds: ['7'] };
  expect(editOn({ base, draft: base }, saved)).toEqual(saved);
});

it('a GUID is sent without the white space around it, an empty one keeps the saved one, and only a new one may be of a new account', () => {
  expect(documentOf({ ...base, guid: ' 5f0c ', newAccount: true })).toMatchObject({ guid: '5f0c', newAccount: true });
  expect(documentOf({ ...base, guid: '5f0c' })).toMatchObject({ guid: '5f0c', newAccount: false });
  expect(documentOf({ ...base, guid: ' ', newAccount: true })).toEqual({ ...base, guid: null, newAccount: false });
});

it('what was changed back is not edited', () => {
  const edit = (sourceName: string) => ({ base, draft: { ...base, sourceName } });
  expect([isDirty(edit('Other')), isDirty(edit(base.sourceName))]).toEqual([true, false]);
});

it('what was refused is said of nothing else: not of what was typed since, nor of a row that moved up', () => {
  const [empty, ski] = [{ from: 'tag', prefix: '' } as const, { from: 'tag', prefix: 'ski:' } as const];
  const withRows = (interests: Draft['mapping']['interests']) => ({ ...base, mapping: { ...base.mapping, interests } });
  const fields = ['mapping.interests.0.prefix', 'mapping.interests.2.prefix', 'guid', 'sourceName'];
  const faults = fields.map((field) => ({ field, message: '', text: { code: 'fault.text' } as const }));
  const left = (now: Draft) => withoutChanged(faults, withRows([empty, ski, empty]), now).map(({ field }) => field);
  expect(left(withRows([empty, ski, empty]))).toEqual(fields);
  expect(left({ ...withRows([ski, empty]), guid: 'typed' })).toEqual(['sourceName']);
});
