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
  const since = (kind: string) => {
    const oldest = Math.min(...kept.filter((one) => one.kind === kind).map(({ openedAt }) => openedAt));
    return new Date(oldest).toISOString();
  };
  const problems: Problem[] = [];
  if (kept.some(({ kind }) => kind === 'admin_access')) {
    problems.push({
      kind: 'admin_access',
      ...said({ code: 'admin_access.needs_opening' }),
      since: since('admin_access'),
    });
  }
  if (kept.some(({ kind }) => kind === 'shopify_failing')) {
    problems.push({
      kind: 'shopify_failing',
      ...said({ code: 'problem.shopify_failing' }),
      since: since('shopify_failing'),
    });
  }
  const denied = kept.flatMap(({ kind, detail }) => (kind === 'fields_denied' ? fieldsIn(detail) : []));
  if (denied.length > 0) {
    const fields = new Map(denied.map(hiddenText).map((text) => [inEnglish(text), text]));
    const sorted = [...fields].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
    problems.push({
      kind: 'fields_denied',
      ...said({ code: 'problem.fields_denied', params: { fields: sorted } }),
      since: since('fields_denied'),
    });
  }
  return problems;
}
