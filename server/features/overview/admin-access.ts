import type { Sql } from '../../platform/database/db.ts';
import { type AccessState, accessOf } from '../../store/shops/admin-tokens.ts';
import { openProblems } from '../../store/shops/problems.ts';
import type { Shop } from '../../store/shops/shops.ts';
import type { OverviewAnswer, Problem } from './api.ts';

const REOPEN = 'close the app and open it again from the Shopify admin';
/** What goes on without it. */
const MEANWHILE = 'Events are received and sent as before, without what has to be read from Shopify.';

const messages: Record<AccessState, string> = {
  ok: "The app can read this shop's customers and orders.",
  missing: `Shopify has not given the app access to this shop yet: ${REOPEN}. ${MEANWHILE}`,
  needs_opening: `Shopify does not let the app read this shop any more: ${REOPEN}. ${MEANWHILE}`,
};

export async function adminAccess(sql: Sql, shop: Shop): Promise<OverviewAnswer['adminAccess']> {
  const { state, failure } = await accessOf(sql, shop);
  return { state, message: failure ? `${messages[state]} (Shopify's answer: ${failure})` : messages[state] };
}

const words = (name: string) =>
  name
    .replaceAll(/([A-Z])/g, (_, capital: string) => ` ${capital.toLowerCase()}`)
    .replace(/^default /, '')
    .trim();

/** `billingAddress.firstName` → `first name (billing address)` */
function fieldWords(field: string): string {
  const names = field.split('.').map(words);
  const last = names.pop() ?? '';
  return names.length > 0 && !names.includes(last) ? `${last} (${names.join(', ')})` : last;
}

function fieldsIn(detail: object): string[] {
  const fields: unknown = 'fields' in detail ? detail.fields : [];
  return Array.isArray(fields) ? fields.map(String) : [];
}

/** The kept entries about reading Shopify, in words. */
export async function adminProblems(sql: Sql, shop: Shop): Promise<Problem[]> {
  const kept = await openProblems(sql, shop);
  const since = (kind: string) => {
    const oldest = Math.min(...kept.filter((one) => one.kind === kind).map(({ openedAt }) => openedAt));
    return new Date(oldest).toISOString();
  };
  const problems: Problem[] = [];
  if (kept.some(({ kind }) => kind === 'admin_access')) {
    problems.push({ kind: 'admin_access', message: messages.needs_opening, since: since('admin_access') });
  }
  if (kept.some(({ kind }) => kind === 'shopify_failing')) {
    const message = `Shopify isn’t answering the app properly. We keep trying, and nothing is lost. ${MEANWHILE}`;
    problems.push({ kind: 'shopify_failing', message, since: since('shopify_failing') });
  }
  const denied = kept.flatMap(({ kind, detail }) => (kind === 'fields_denied' ? fieldsIn(detail) : []));
  if (denied.length > 0) {
    const fields = [...new Set(denied.map(fieldWords))].sort().join(', ');
    problems.push({
      kind: 'fields_denied',
      message: `Shopify leaves out what this app has no approval for: ${fields}. Contacts go out without it until whoever runs the app has access to protected customer data.`,
      since: since('fields_denied'),
    });
  }
  return problems;
}
