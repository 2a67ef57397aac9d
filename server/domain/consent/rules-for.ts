import type { FlagChannel } from '../consent.ts';
import type { Settings } from '../settings.ts';
import type { ConsentRules } from './decide.ts';

/**
 * The settings that affect one channel's flag. Phone and postal come from tags that the merchant
 * mapped on purpose, so every mapped opt-in counts. Tags found on first sight are undated and
 * therefore history, which sends only opt-outs. The unticked box only concerns email.
 */
export function rulesFor(channel: FlagChannel, settings: Pick<Settings, 'consent'>): ConsentRules {
  const { email, sms } = settings.consent;
  if (channel === 'email') {
    return { optInLevel: email.optInLevel, history: email.history, untickedBox: email.untickedBox };
  }
  if (channel === 'sms') return { optInLevel: sms.optInLevel, history: sms.history, untickedBox: 'send' };
  return { optInLevel: 'any', history: 'optOuts', untickedBox: 'send' };
}
