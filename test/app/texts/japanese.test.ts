import { expect, it } from 'vitest';
import { createFormat } from '../../../app/locale.ts';
import { say, startTexts, textAt } from '../../../app/texts.ts';

const format = createFormat('ja', 'Asia/Tokyo');

it('texts in Japanese have Japanese dates and lists, and no space between two sentences', async () => {
  await startTexts('ja');
  expect(say({ code: 'state.accepted', next: { code: 'detail.phone_only' } }, format)).toBe(
    'Ascent360が受け付けました。メールアドレスがありません。Ascent360は初期設定では、電話番号のみの連絡先を取り込みません。',
  );
  expect(say({ code: 'field.choice_in', params: { at: '2026-05-03T02:30:00.000Z' } }, format)).toBe(
    '2026/05/03 11:30に登録しました。',
  );
  const found = [
    { code: 'problem.orders', params: { count: 1234 } },
    { code: 'problem.customers', params: { count: 1 } },
  ] as const;
  expect(say({ code: 'read.found', params: { found } }, format)).toBe('取得した内容: 注文1,234件、お客様1人。');
  expect(textAt('overview.chart.summary', { received: 5, first: '5月3日', last: '5月16日' })).toBe(
    '5月3日から5月16日までの5件のイベント、日別・結果別。',
  );
});

it.each([
  ['de', '2 Stunden, 5 Minuten'],
  ['fr-CA', '2\u00a0heures 5\u00a0minutes'],
  ['es', '2 horas 5 minutos'],
  ['ja', '2 時間5 分'],
])('in %s, 7500 seconds are %s', (locale, text) => {
  expect(createFormat(locale, 'UTC').duration(7500)).toBe(text);
});
