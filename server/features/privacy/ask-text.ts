import type { Instant } from '../../domain/scalars.ts';
import { aboutPerson } from '../../domain/wording/letters.ts';
import { inTurn, type Text } from '../../domain/wording/text.ts';
import type { PrivacyRequest } from '../../store/shops/privacy-requests.ts';

/** The Swedish locale formats dates as ISO 8601. */
const dayOf = (at: Instant, timeZone: string) => new Intl.DateTimeFormat('sv-SE', { timeZone }).format(at);

/**
 * A text for the merchant to send to Ascent360. It names the person by what we still hold. About an
 * erased person that is nothing: the merchant adds who it was.
 * @param timeZone the shop's, an IANA name that the runtime knows, used for the dates
 */
export function askText(
  domain: string,
  request: Pick<PrivacyRequest, 'kind' | 'requestId' | 'receivedAt' | 'dueAt' | 'subject'>,
  timeZone: string,
): string {
  if (request.kind === 'shop_redact') return '';
  const asked = dayOf(request.receivedAt, timeZone);
  const due = dayOf(request.dueAt, timeZone);
  const letter =
    request.kind === 'data_request'
      ? [
          `A customer of our Shopify store ${domain} asked on ${asked} for the data held on them (Shopify data request ${request.requestId}).`,
          `Please send us everything that Ascent360 holds on this person in our account, so that we can hand it out by ${due}.`,
        ]
      : [
          `On ${asked} Shopify asked us to erase a customer of our store ${domain} (customers/redact, notification ${request.requestId}).`,
          `Please erase this person from our Ascent360 account as well, from everything that was loaded through it, and confirm it by ${due}.`,
        ];
  const { subject } = request;
  const known = [
    ...(subject?.email ? [`email ${subject.email}`] : []),
    ...(subject?.phone ? [`phone ${subject.phone}`] : []),
    ...(subject?.customerId ? [`Shopify customer ${subject.customerId}`] : []),
  ];
  const text = letter.join('\n\n');
  return known.length > 0 ? aboutPerson(text, known) : text;
}

/**
 * The state of a request, in a sentence. No dates: the page knows the shop's time zone and has
 * `dueAt`.
 */
export function describeRequest({ kind, state, failed, dueAt, readyAt, erasedAt }: PrivacyRequest, now: Instant): Text {
  const late: Text | null = now > dueAt ? { code: 'privacy.late' } : null;
  if (kind === 'data_request' && erasedAt !== null) return { code: 'privacy.erased_since' };
  if (failed)
    return state === 'done' ? { code: 'privacy.failed_done' } : inTurn({ code: `privacy.${kind}_failed` }, late);
  if (readyAt === null) {
    if (state === 'done') return { code: 'privacy.unfound_done' };
    return inTurn({ code: kind === 'data_request' ? 'privacy.data_unfound' : 'privacy.redact_unfound' }, late);
  }
  if (kind === 'data_request') {
    return state === 'done' ? { code: 'privacy.data_done' } : inTurn({ code: 'privacy.data_ready' }, late);
  }
  return state === 'done' ? { code: 'privacy.redact_done' } : inTurn({ code: 'privacy.redact_ready' }, late);
}
