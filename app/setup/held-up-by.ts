import type { Text } from '../../server/domain/wording/text.ts';
import type { OverviewAnswer } from '../../server/features/overview/api.ts';

/** Problems that keep something new from reaching us, or part of it from reaching Ascent360. */
const HOLDING_UP = ['admin_access', 'shopify_failing', 'silent', 'opt_outs_undelivered', 'fields_denied'];

/**
 * What keeps new events from being sent as they should, in the words of the overview; empty if
 * nothing does. A GUID that Ascent360 never accepted a record with counts: nobody knows yet.
 */
export function heldUpBy(known: Pick<OverviewAnswer, 'connection' | 'adminAccess' | 'problems'>): Text[] {
  const { connection, adminAccess, problems } = known;
  const works = connection.state === 'connected' && connection.text.next?.code === 'connection.proven';
  const found = problems.filter(({ kind }) => HOLDING_UP.includes(kind));
  const unread = adminAccess.state !== 'ok' && !found.some(({ kind }) => kind === 'admin_access');
  return [...(works ? [] : [connection.text]), ...(unread ? [adminAccess.text] : []), ...found.map(({ text }) => text)];
}
