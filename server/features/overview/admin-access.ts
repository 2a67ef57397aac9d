import { inEnglish, said } from '../../domain/wording/in-english.ts';
import { inTurn, type Text } from '../../domain/wording/text.ts';
import type { Sql } from '../../platform/database/db.ts';
import { accessOf } from '../../store/shops/admin-tokens.ts';
import { openProblems } from '../../store/shops/problems.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { OverviewAnswer, Problem } from './api.ts';

export async function adminAccess(sql: Sql, shop: Shop): Promise<OverviewAnswer['adminAccess']> {
  const { state, failure } = await accessOf(sql, shop);
  const answer: Text | null = failure ? { code: 'admin_access.answer', params: { failure } } : null;
  return { state, ...said(inTurn({ code: `admin_access.${state}` }, answer)) };
}

const kinds = [
  ['email', /email/i],
  ['phone', /phone/i],
  ['name', /(first|last|display)Name$|^name$/],
  ['address', /address|city|zip|province|country/i],
] as const;

/**
 * The kind of data in a hidden field, in the merchant's words: `billingAddress.firstName` is a
 * name.
 */
function hiddenText(field: string): Text {
  const last = field.split('.').at(-1) ?? '';
  const kind = kinds.find(([, form]) => form.test(last)) ?? kinds.find(([, form]) => form.test(field));
  return kind ? { code: `hidden.${kind[0]}` } : { code: 'hidden.other', params: { field } };
}

function fieldsIn(detail: object): string[] {
  const fields: unknown = 'fields' in detail ? detail.fields : [];
  return Array.isArray(fields) ? fields.map(String) : [];
}

/** The open problems with reading Shopify. */
export async function adminProblems(sql: Sql, shop: Shop): Promise<Problem[]> {
  const kept = await openProblems(sql, shop);
  const entry = (kind: 'admin_access' | 'shopify_failing' | 'fields_denied', text: Text): Problem[] => {
    const opened = kept.flatMap((one) => (one.kind === kind ? [one.openedAt] : []));
    return opened.length === 0 ? [] : [{ kind, ...said(text), since: new Date(Math.min(...opened)).toISOString() }];
  };
  const denied = kept.flatMap(({ kind, detail }) => (kind === 'fields_denied' ? fieldsIn(detail) : []));
  const fields = [...new Map(denied.map(hiddenText).map((text) => [inEnglish(text), text]))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => text);
  return [
    ...entry('admin_access', { code: 'admin_access.needs_opening' }),
    ...entry('shopify_failing', { code: 'problem.shopify_failing' }),
    ...(fields.length > 0 ? entry('fields_denied', { code: 'problem.fields_denied', params: { fields } }) : []),
  ];
}
