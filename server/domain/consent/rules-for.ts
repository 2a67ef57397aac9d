import type { FlagChannel } from '../consent.ts';
import type { Settings } from '../settings.ts';
import type { ConsentRules } from './decide.ts';

/**
 * The settings that bear on one channel's flag. Phone and postal come from tags the merchant mapped on purpose: every
 * mapped opt-in counts, tags found at first sight are undated and so history, and only opt-outs go out of that. The
 * unticked box is about e-mail only.
 */
export function rulesFor(channel: FlagChannel, settings: Pick<Settings, 'consent'>): ConsentRules {
  const { email, sms } = settings.consent;
  if (channel === 'email') {
    return { optInLevel: email.optInLevel, history: email.history, untickedBox: email.untickedBox };
  }
  if (channel === 'sms') return { optInLevel: sms.optInLevel, history: sms.history, untickedBox: 'send' };
  return { optInLevel: 'any', history: 'optOuts', untickedBox: 'send' };
}
