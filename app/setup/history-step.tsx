import { BlockStack, Button, ChoiceList, Text } from '@shopify/polaris';
import { useState } from 'react';
import type { SettingsAnswer } from '../settings/draft.ts';
import { Failure } from '../shell/failure.tsx';
import { texts } from '../texts.ts';
import { CustomerCount } from './customer-count.tsx';
import { useSavePart } from './use-save-part.ts';

const t = texts.setup;

type Answer = 'yes' | 'no' | 'unsure';
const answers = ['yes', 'no', 'unsure'] as const satisfies readonly Answer[];

/** Whether Ascent360 already holds the shop's customers decides what happens to choices from before. Never `all` for SMS. */
export function HistoryStep({ saved, done, onDone }: { saved: SettingsAnswer; done: boolean; onDone: () => void }) {
  const { email, sms } = saved.consent;
  const before: Answer | null = !done ? null : email.history === 'all' ? 'no' : 'yes';
  const [answer, setAnswer] = useState<Answer | null>(before);
  const { save, saving, faults, failure } = useSavePart();
  const history = answer === 'no' ? 'all' : 'optOuts';
  const choose = () => save({ consent: { email: { ...email, history }, sms: { ...sms, history: 'optOuts' } } }, onDone);
  return (
    <BlockStack gap="400">
      <ChoiceList
        title={t.history.question}
        choices={[
          { value: 'yes', label: t.history.yes, helpText: t.history.yesHelp },
          { value: 'no', label: t.history.no, helpText: t.history.noHelp },
          { value: 'unsure', label: t.history.unsure, helpText: t.history.unsureHelp },
        ]}
        selected={answer ? [answer] : []}
        onChange={([chosen]) => setAnswer(answers.find((one) => one === chosen) ?? null)}
        error={faults.of('consent') || ''}
      />
      <CustomerCount chosen={answer === null ? null : history} />
      <Text as="p" tone="subdued">
        {t.history.next}
      </Text>
      {failure !== null && <Failure error={failure} />}
      <div>
        <Button variant="primary" onClick={choose} loading={saving} disabled={answer === null}>
          {t.next}
        </Button>
      </div>
    </BlockStack>
  );
}
