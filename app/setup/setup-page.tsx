import { BlockStack, Box, Button, Text } from '@shopify/polaris';
import { useQuery } from '@tanstack/react-query';
import { Fragment, type ReactNode, useRef, useState } from 'react';
import type { SetupStep } from '../../server/features/settings/contract.ts';
import { showToast } from '../app-bridge.ts';
import { ExtensionsStatus } from '../extensions-status.tsx';
import { navigate } from '../location.ts';
import type { SettingsAnswer } from '../settings/draft.ts';
import { settingsQuery } from '../settings/use-settings-form.ts';
import { AppPage } from '../shell/app-page.tsx';
import { edge } from '../shell/edge.ts';
import { Failure } from '../shell/failure.tsx';
import { Loading } from '../shell/loading.tsx';
import { NotYet } from '../shell/not-yet.tsx';
import { SaveBar } from '../shell/save-bar.tsx';
import { textAt, textsOf } from '../texts.ts';
import { type Answers, answerIn, historyOf, partOf, stepOfFaults, unsavedSteps } from './answers.ts';
import { AskStep } from './ask-step.tsx';
import { ConnectForm } from './connect-form.tsx';
import { Finished } from './finished.tsx';
import { FirstTestResult } from './first-test.tsx';
import { HistoryStep } from './history-step.tsx';
import { ListsStep } from './lists-step.tsx';
import { StepCard } from './step-card.tsx';
import { TestStep } from './test-step.tsx';
import { useSavePart } from './use-save-part.ts';
import { steps, useSetup } from './use-setup.ts';

const t = textsOf('setup');

/** The result of each step, as saved. */
function summariesOf(saved: SettingsAnswer): Record<SetupStep, string> {
  const { guidLast4, providerType, listIds } = saved;
  const answer = answerIn(saved);
  return {
    connect: t('connect.done', { last4: guidLast4 ?? '' }),
    lists:
      providerType === null
        ? t('lists.none')
        : listIds.length === 0
          ? t('lists.chosenWithoutLists', { provider: String(providerType) })
          : t('lists.chosen', { provider: String(providerType), lists: listIds.join(', ') }),
    test: t('test.done'),
    history: answer ? t(`history.decided.${historyOf(answer)}`) : t('history.decidedOtherwise'),
    ask: t('ask.done'),
  };
}

/**
 * Skipped steps stay skipped after visiting another page and coming back. Lives as long as the
 * document.
 */
let passedOver: readonly SetupStep[] = [];

/**
 * Unsaved answers: they stay while other steps are opened, and leaving the page asks about them.
 */
function useAnswers(saved: SettingsAnswer, done: readonly SetupStep[]) {
  const [answers, setAnswers] = useState<Answers>({});
  const latest = useRef(answers);
  latest.current = answers;
  // A new instance of a step's body knows nothing of what was typed into the one before.
  const [editions, setEditions] = useState<Partial<Record<SetupStep, number>>>({});
  /**
   * The saved values of these steps count from now on, but for what was typed while they were on
   * their way.
   * @returns the steps whose answers are forgotten
   */
  const forget = (steps: readonly SetupStep[]): SetupStep[] => {
    const [now, then] = [latest.current, answers].map((given) => new Map<string, unknown>(Object.entries(given)));
    const forgotten = steps.filter((step) => now?.get(step) === then?.get(step));
    setAnswers((before) => {
      const left = Object.entries(before).filter(([step]) => !forgotten.some((one) => one === step));
      return Object.fromEntries(left);
    });
    return forgotten;
  };
  return {
    answers,
    editionOf: (step: SetupStep) => editions[step] ?? 0,
    unsaved: unsavedSteps(answers, saved, done),
    answer: (part: Answers) => setAnswers((before) => ({ ...before, ...part })),
    forget,
    /** Forgets their answers, and their bodies begin anew. */
    beginAnew: (steps: readonly SetupStep[]) => {
      const forgotten = forget(steps);
      setEditions((before) => ({
        ...before,
        ...Object.fromEntries(forgotten.map((step) => [step, (before[step] ?? 0) + 1])),
      }));
    },
  };
}

function Steps({ saved }: { saved: SettingsAnswer }) {
  const { setup, markDone, dismiss, error } = useSetup();
  const [skipped, setSkipped] = useState(passedOver);
  const [asked, setAsked] = useState<SetupStep | null>(null);
  const isDone = (step: SetupStep) => (step === 'connect' ? saved.guidLast4 !== null : setup.done.includes(step));
  const current = asked ?? steps.find((step) => !isDone(step) && !skipped.includes(step)) ?? null;
  const { answers, answer, unsaved, editionOf, forget, beginAnew } = useAnswers(saved, setup.done);
  const saving = useSavePart(partOf(['connect', 'lists', 'history'], answers, saved));
  const finish = (...finished: SetupStep[]) => {
    beginAnew(finished);
    markDone(...finished);
    // A person at another step stays there.
    setAsked((now) => (now !== null && finished.includes(now) ? null : now));
  };
  const saveAll = () =>
    saving.save(
      (latest) => partOf(unsaved, answers, latest),
      () => {
        finish(...unsaved);
        showToast(textAt('settings.saved'));
      },
      (faults) => setAsked(stepOfFaults(faults) ?? current),
    );
  const close = () => {
    dismiss();
    void navigate('/');
  };
  const moveOn = (step: SetupStep) => {
    passedOver = [...skipped, step];
    setSkipped(passedOver);
    setAsked(null);
  };

  const bodies: Record<SetupStep, ReactNode> = {
    connect: (
      <ConnectForm
        saved={saved}
        answer={answers.connect}
        onAnswer={(connect) => answer({ connect })}
        saving={saving}
        onSaved={() => void forget(['connect'])}
        onConnected={(tested) => finish('connect', ...(tested ? (['test'] as const) : []))}
      />
    ),
    lists: (
      <ListsStep
        saved={saved}
        answer={answers.lists}
        onAnswer={(lists) => answer({ lists })}
        saving={saving}
        onDone={() => finish('lists')}
      />
    ),
    test: (
      <TestStep
        // Somebody else may save another GUID meanwhile.
        key={saved.guidLast4}
        disabled={unsaved.includes('connect')}
        // Done from now on, and open to show Ascent360's answer; a person at another step stays there.
        onAccepted={() => setAsked((now) => now ?? 'test')}
        onGoOn={() => moveOn('test')}
      />
    ),
    history: (
      <HistoryStep
        saved={saved}
        done={isDone('history')}
        answer={answers.history}
        onAnswer={(history) => answer({ history })}
        saving={saving}
        onDone={() => finish('history')}
      />
    ),
    ask: <AskStep saved={saved} onDone={() => finish('ask')} />,
  };
  const summaries = summariesOf(saved);
  return (
    <BlockStack gap="400">
      <SaveBar
        id="setup"
        dirty={unsaved.length > 0}
        saving={saving.saving}
        onSave={saveAll}
        onDiscard={() => beginAnew(unsaved)}
      />
      <Box paddingInline={edge}>
        <Text as="p" tone="subdued">
          {t('intro')}
        </Text>
      </Box>
      {error !== null && <Failure error={error} />}
      <FirstTestResult saved={saved} />
      {current === null && <Finished onClose={close} />}
      {steps.map((step, index) => (
        <StepCard
          key={step}
          number={index + 1}
          title={t(`${step}.title`)}
          done={isDone(step)}
          summary={summaries[step]}
          open={current === step}
          onOpen={() => setAsked(step)}
        >
          <Fragment key={editionOf(step)}>{bodies[step]}</Fragment>
        </StepCard>
      ))}
      {current !== null && (
        <Box paddingInline={edge}>
          <Button variant="plain" url="/">
            {t('later')}
          </Button>
        </Box>
      )}
      <ExtensionsStatus />
    </BlockStack>
  );
}

export function SetupPage() {
  const query = useQuery(settingsQuery);
  return (
    <AppPage title={t('title')} backAction={{ content: textAt('overview.title'), url: '/' }}>
      {query.data ? (
        <Steps saved={query.data} />
      ) : (
        <NotYet query={query} loading={<Loading cards={[6, 1, 1, 1, 1]} />} />
      )}
    </AppPage>
  );
}
