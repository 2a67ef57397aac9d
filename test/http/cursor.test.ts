import { expect, it } from 'vitest';
import { cursorContract, writeCursor } from '../../server/http/cursor.ts';
import { idOf } from '../../server/http/row-id.ts';

const id = '0192f0c1-0000-7000-8000-00000000000a';
const place = { rank: 3, receivedAt: Date.UTC(2026, 10, 23), id };
const written = (text: string) => Buffer.from(text).toString('base64url');

it('a cursor names the place that it was written for, to the last millisecond that the database reads', () => {
  for (const one of [place, { ...place, rank: 0, receivedAt: 0 }, { ...place, receivedAt: 253_402_300_799_999 }])
    expect(cursorContract.parse(writeCursor(one))).toEqual(one);
});

it.each([undefined, null, ''])('%j is no cursor: the list begins', (text) => {
  expect(cursorContract.parse(text)).toBeNull();
});

it.each([
  ['a later moment', writeCursor({ ...place, receivedAt: 253_402_300_800_000 })],
  ['an unknown rank', written(`4.0.${id}`)],
  ['a moment that is no number', written(`0.x.${id}`)],
  ['a moment that is written otherwise', written(`0.00.${id}`)],
  ['something before it', written(`10.0.${id}`)],
  ['something behind it', written(`0.0.${id}0`)],
  ['another form of its id', written(`0.0.${id.toUpperCase()}`)],
  ['no id', written(`0.0.${'-'.repeat(36)}`)],
  ['other characters than it is written with', `${writeCursor(place)}=`],
  ['nothing that can be read', 'x'],
])('a cursor with %s is refused', (_, text) => {
  expect(cursorContract.safeParse(text).success).toBe(false);
});

it('a row’s id is read in capitals too', () => {
  expect([idOf(id), idOf(id.toUpperCase())]).toEqual([id, id]);
});

it.each([undefined, 5, [id], '', `x${id}`, `${id}0`, id.replaceAll('-', ''), id.replace('a', 'g')])(
  '%j is no row’s id',
  (text) => {
    expect(idOf(text)).toBeNull();
  },
);
