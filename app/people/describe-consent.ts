import type { PersonDetail } from '../../server/features/people/api.ts';
import type { Format } from '../locale.ts';
import { textIf, textsOf } from '../texts.ts';

const t = textsOf('people.consent');

export type ToldChannel = 'email' | 'sms';
export type Consent = PersonDetail['consent'][ToldChannel];

const yes = new Set(['subscribed', 'ticked', 'tag_opt_in']);
const no = new Set(['unsubscribed', 'unticked', 'tag_opt_out']);

/**
 * What a person chose, in a word. A subscription that the settings don't count as a choice is none.
 */
export function choiceOf({ state, now }: Pick<Consent, 'state' | 'now'>): 'in' | 'out' | 'none' {
  if (state !== null && no.has(state)) return 'out';
  return state !== null && yes.has(state) && now.reason !== 'no_choice' ? 'in' : 'none';
}

function describeChoice(channel: ToldChannel, consent: Consent, format: Format): string {
  const { state, since, source } = consent;
  const day = since === null ? null : format.date(since);
  if (state === null) return t('never');
  if (yes.has(state) || no.has(state)) {
    const choice = yes.has(state) ? 'in' : 'out';
    if (day === null) return t(`undated.${channel}.${choice}`);
    return t(`chosen.${channel}.${choice}`, { day, where: source ?? 'other' });
  }
  if (state === 'pending') return day === null ? t('pendingUndated') : t('pending', { day });
  const named = textIf(`people.consent.states.${state}`) ?? state;
  return day === null ? t('notExplicitUndated', { state: named }) : t('notExplicit', { state: named, day });
}

function describeTold({ state, since, told, toldAt }: Consent, format: Format): string {
  if (told === null || toldAt === null) return t('notTold');
  const day = format.date(toldAt);
  const choice = state !== null && yes.has(state) ? true : no.has(state ?? '') ? false : null;
  if (told !== choice) return t(`toldOther.${told}`, { day });
  return t(since !== null && toldAt < since ? 'knew' : 'told', { day });
}

/**
 * What a person chose and what Ascent360 has: "Subscribed to email at checkout on May 3. Sent to
 * Ascent360 on May 3."
 */
export function describeConsent(channel: ToldChannel, consent: Consent, format: Format): string {
  if (consent.address === null && consent.state === null) return t(`noAddress.${channel}`);
  return `${describeChoice(channel, consent, format)} ${describeTold(consent, format)}`;
}
