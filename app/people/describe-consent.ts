import type { PersonDetail } from '../../server/features/people/api.ts';
import type { Format } from '../locale.ts';
import { texts } from '../texts.ts';

const t = texts.people.consent;

export type ToldChannel = 'email' | 'sms';
export type Consent = PersonDetail['consent'][ToldChannel];

const yes = new Set(['subscribed', 'ticked', 'tag_opt_in']);
const no = new Set(['unsubscribed', 'unticked', 'tag_opt_out']);

/** What a person chose, in a word. A subscription that the settings do not take for a choice is none. */
export function choiceOf({ state, now }: Pick<Consent, 'state' | 'now'>): 'in' | 'out' | 'none' {
  if (state !== null && no.has(state)) return 'out';
  return state !== null && yes.has(state) && now.reason !== 'no_choice' ? 'in' : 'none';
}

function chosen(channel: ToldChannel, consent: Consent, format: Format): string {
  const { state, since, source } = consent;
  const day = since === null ? null : format.date(since);
  const where = source === null ? '' : t.where[source];
  if (state === null) return t.never;
  if (yes.has(state) || no.has(state)) {
    const choice = yes.has(state) ? t.optedIn[channel] : t.optedOut[channel];
    return day === null ? t.undated(choice, where) : t.on(choice, day, where);
  }
  if (state === 'pending') return t.pending(day);
  return t.unknownState(state.replaceAll('_', ' '), day);
}

/** What a person chose and what Ascent360 was told of it: "Opted in to e-mail on 3 May at checkout; told to Ascent360 on 3 May." */
export function describeConsent(channel: ToldChannel, consent: Consent, format: Format): string {
  if (consent.address === null && consent.state === null) return t.noAddress[channel];
  const { told, toldAt, since } = consent;
  const day = toldAt === null ? '' : format.date(toldAt);
  const choice = consent.state !== null && yes.has(consent.state) ? true : no.has(consent.state ?? '') ? false : null;
  const before = toldAt !== null && since !== null && toldAt < since;
  const same = before ? t.knew(day) : t.toldYes(day);
  const known = told === null ? t.notTold : told === choice ? same : t.toldOther(told ? t.yes : t.no, day);
  return t.told(chosen(channel, consent, format), known);
}
