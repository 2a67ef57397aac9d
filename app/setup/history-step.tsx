import { BlockStack, Button, ChoiceList, Text } from '@shopify/polaris';
import type { SettingsAnswer } from '../settings/draft.ts';
import { Failure } from '../shell/failure.tsx';
import { textsOf } from '../texts.ts';
import { answerIn, type HistoryAnswer, historyAnswers, historyOf, partOf } from './answers.ts';
import { CustomerCount } from './customer-count.tsx';
import type { SavePart } from './use-save-part.ts';

const t = textsOf('setup');

/**
 * Whether Ascent360 already has the shop's customers decides what happens to earlier choices. Never
 * `all` for SMS.
 */
export function HistoryStep(props: {
  saved: SettingsAnswer;
  done: boolean;
  answer: HistoryAnswer | undefined;
  onAnswer: (answer: HistoryAnswer) => void;
  saving: SavePart;
  onDone: () => void;
}) {
  const { saved, done, onAnswer, onDone } = props;
  const answer = props.answer ?? (done ? answerIn(saved) : null);
  const { save, saving, faults, failure } = props.saving;
  const choose = () => {
    if (answer) save((latest) => partOf(['history'], { history: answer }, latest), onDone);
  };
  return (
    <BlockStack gap="400">
      <ChoiceList
        title={t('history.question')}
        choices={historyAnswers.map((value) => ({
          value,
          label: t(`history.${value}`),
          helpText: t(`history.${value}Help`),
        }))}
        selected={answer ? [answer] : []}
        onChange={([chosen]) => {
          const found = historyAnswers.find((one) => one === chosen);
          if (found) onAnswer(found);
        }}
        error={faults.of('consent') || ''}
      />
      <CustomerCount chosen={answer === null ? null : historyOf(answer)} />
      <Text as="p" tone="subdued">
        {t('history.next')}
      </Text>
      {failure !== null && <Failure error={failure} />}
      <div>
        <Button variant="primary" onClick={choose} loading={saving} disabled={answer === null}>
          {t('next')}
        </Button>
      </div>
    </BlockStack>
  );
}
