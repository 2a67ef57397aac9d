import { said } from '../../domain/wording/in-english.ts';
import type { Text } from '../../domain/wording/text.ts';
import type { Sql } from '../../platform/database/db.ts';
import { openProblems } from '../../store/shops/problems.ts';
import type { Shop } from '../../store/shops/shops.ts';
import { loadSilence } from '../../store/shops/silences.ts';
import type { OverviewAnswer, Problem } from './api.ts';

/** What is known about a silence that was looked into; null: webhooks come as usual. */
export async function silenceOf(sql: Sql, shop: Shop): Promise<OverviewAnswer['silence']> {
  const silence = await loadSilence(sql, shop);
  if (!silence?.looked) return null;
  const { missed } = silence.looked;
  const state = missed === null ? 'unknown' : missed > 0 ? 'silent' : 'quiet';
  const since = new Date(silence.since).toISOString();
  return { state, since, ...said({ code: `silence.${state}`, params: { sinceAt: since } }) };
}

const isSilent = (detail: object): detail is { since: string; asked: boolean } =>
  'since' in detail && 'asked' in detail;

/** Webhooks that stopped coming. */
export async function silentProblems(sql: Sql, shop: Shop): Promise<Problem[]> {
  const open = (await openProblems(sql, shop)).find(({ kind }) => kind === 'silent');
  if (!open || !isSilent(open.detail)) return [];
  const { since, asked } = open.detail;
  const text: Text = asked
    ? { code: 'problem.silent', params: { sinceAt: since, count: open.count } }
    : { code: 'problem.silent_unasked', params: { sinceAt: since } };
  return [
    {
      kind: 'silent',
      ...said(text),
      since: new Date(open.openedAt).toISOString(),
      ...(asked && { count: open.count, action: 'activity' }),
    },
  ];
}
