import { describe, expect, it } from 'vitest';
import { listFromTags, permissionFromTags } from '../../../server/domain/consent/mapped-permissions.ts';

const MAIL = { optIn: 'mail-ok', optOut: 'Mail-Stop' };

describe('a permission mapped to tags', () => {
  it.each([
    { tags: [], mapping: MAIL, says: 'tag_none' },
    { tags: ['vip'], mapping: MAIL, says: 'tag_none' },
    { tags: ['vip', 'mail-ok'], mapping: MAIL, says: 'tag_opt_in' },
    { tags: [' MAIL-OK '], mapping: MAIL, says: 'tag_opt_in' },
    { tags: ['mail-stop'], mapping: MAIL, says: 'tag_opt_out' },
    { tags: ['mail-ok', 'mail-stop'], mapping: MAIL, says: 'tag_opt_out' },
    { tags: ['mail-stop', 'mail-ok'], mapping: MAIL, says: 'tag_opt_out' },
    { tags: ['mail-ok-not', 'not-mail-ok', 'no mail-stop'], mapping: MAIL, says: 'tag_none' },
    { tags: ['mail-ok'], mapping: { optIn: ' Mail-OK ', optOut: '' }, says: 'tag_opt_in' },
    { tags: ['', ' '], mapping: { optIn: '', optOut: ' ' }, says: 'tag_none' },
    { tags: ['de\u0301sabonne\u0301'], mapping: { optIn: 'oui', optOut: 'Désabonné' }, says: 'tag_opt_out' },
    { tags: ['same'], mapping: { optIn: 'same', optOut: 'same' }, says: 'tag_opt_out' },
  ])('$tags with $mapping gives $says', ({ tags, mapping, says }) => {
    expect(permissionFromTags(tags, mapping)).toBe(says);
  });
});

describe('a list mapped from a tag prefix', () => {
  it.each([
    { tags: [], prefix: 'interest:', values: [] },
    { tags: ['interest:skiing', 'vip', 'interest:golf'], prefix: 'interest:', values: ['skiing', 'golf'] },
    { tags: ['Interest: Ski touring '], prefix: 'INTEREST:', values: ['Ski touring'] },
    { tags: ['  interest:skiing'], prefix: ' interest: ', values: ['skiing'] },
    { tags: ['interest:Skiing', 'interest: skiing', 'INTEREST:SKIING'], prefix: 'interest:', values: ['Skiing'] },
    { tags: ['gender:\u200bmale', 'gender:male'], prefix: 'gender:', values: ['male'] },
    { tags: ['interest:\u200e\u3164'], prefix: 'interest:', values: [] },
    { tags: ['inte\u0301re\u0302t:ski', 'Intérêt:été'], prefix: 'intérêt:', values: ['ski', 'été'] },
    { tags: ['interest:', 'interest:  '], prefix: 'interest:', values: [] },
    { tags: ['my interest:skiing', 'interests'], prefix: 'interest:', values: [] },
    { tags: ['everything'], prefix: '', values: [] },
    { tags: ['everything'], prefix: '  ', values: [] },
    { tags: ['i.*:skiing', 'int:golf'], prefix: 'i.*:', values: ['skiing'] },
    { tags: ['İnterest:x', 'interest:İ'], prefix: 'interest:', values: ['İ'] },
  ])('$tags with prefix "$prefix" gives $values', ({ tags, prefix, values }) => {
    expect(listFromTags(tags, prefix)).toEqual(values);
  });
});
