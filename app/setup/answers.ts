import type { SetupStep } from '../../server/features/settings/contract.ts';
import { type Draft, type Faults, isSame, type SettingsAnswer } from '../settings/draft.ts';

/** Whether Ascent360 already has the shop's customers. */
export const historyAnswers = ['yes', 'no', 'unsure'] as const;
export type HistoryAnswer = (typeof historyAnswers)[number];

/** Answers that aren't saved yet, by step. The other steps save nothing. */
export type Answers = {
  connect?: Pick<Draft, 'guid' | 'newAccount' | 'sourceName' | 'sourceType'>;
  lists?: Pick<Draft, 'providerType' | 'listIds' | 'listsFor'>;
  history?: HistoryAnswer;
};
type SavedStep = keyof Answers;

/** What happens to earlier email choices. */
export const historyOf = (answer: HistoryAnswer) => (answer === 'no' ? 'all' : 'optOuts');

/** The answer that the saved settings stand for; null: they stand for none of them. */
export function answerIn({ consent: { email, sms } }: SettingsAnswer): 'yes' | 'no' | null {
  if (sms.history !== 'optOuts' || email.history === 'none') return null;
  return email.history === 'all' ? 'no' : 'yes';
}

/** The settings an answer stands for. Earlier SMS opt-ins are never sent. */
function settingsIn(step: SavedStep, answers: Answers, { consent: { email, sms } }: SettingsAnswer): Partial<Draft> {
  if (step !== 'history') return answers[step] ?? {};
  if (!answers.history) return {};
  return { consent: { email: { ...email, history: historyOf(answers.history) }, sms: { ...sms, history: 'optOuts' } } };
}

/** The settings that the answers of these steps stand for. */
export const partOf = (steps: readonly SavedStep[], answers: Answers, saved: SettingsAnswer): Partial<Draft> =>
  steps.reduce<Partial<Draft>>((part, step) => Object.assign(part, settingsIn(step, answers, saved)), {});

/**
 * The steps whose answer differs from what is saved. The history question has no answer until its
 * step is done.
 */
export function unsavedSteps(answers: Answers, saved: SettingsAnswer, done: readonly SetupStep[]): SavedStep[] {
  const unsaved = (step: SavedStep) => {
    if (step === 'history' && answers.history && !done.includes('history')) return true;
    const part = Object.entries(settingsIn(step, answers, saved));
    const kept = new Map<string, unknown>(Object.entries({ ...saved, guid: '', newAccount: false }));
    return part.some(([field, value]) => !isSame(typeof value === 'string' ? value.trim() : value, kept.get(field)));
  };
  return (['connect', 'lists', 'history'] as const).filter(unsaved);
}

/** The step that asks for a field the server refused; null: none does. */
export function stepOfFaults(faults: Faults): SavedStep | null {
  const [fault] = faults.all;
  const field = fault?.field?.split('.')[0] ?? '';
  if (['guid', 'sourceName', 'sourceType'].includes(field)) return 'connect';
  if (['providerType', 'listIds', 'listsFor'].includes(field)) return 'lists';
  return field === 'consent' ? 'history' : null;
}
