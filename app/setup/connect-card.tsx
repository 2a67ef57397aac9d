import { BlockStack, Card, InlineStack, Text } from '@shopify/polaris';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { appBridge } from '../app-bridge.ts';
import { navigate } from '../location.ts';
import type { SettingsAnswer } from '../settings/draft.ts';
import { settingsQuery } from '../settings/use-settings-form.ts';
import { LoadingLines } from '../shell/loading.tsx';
import { NotYet } from '../shell/not-yet.tsx';
import { SaveBar } from '../shell/save-bar.tsx';
import { textAt } from '../texts.ts';
import { type Answers, partOf, unsavedSteps } from './answers.ts';
import { ConnectForm } from './connect-form.tsx';
import { useSavePart } from './use-save-part.ts';
import { steps, useSetup } from './use-setup.ts';

const BAR = 'connect';

function Connect({ saved, onTyped }: { saved: SettingsAnswer; onTyped: (isTyped: boolean) => void }) {
  const [answers, setAnswers] = useState<Answers>({});
  const [isSaved, setIsSaved] = useState(false);
  const [edition, setEdition] = useState(0);
  const put = useSavePart(partOf(['connect'], answers, saved));
  const { markDone } = useSetup();
  const isTyped = answers.connect !== undefined;
  useEffect(() => onTyped(isTyped), [isTyped, onTyped]);
  const isHere = useRef(false);
  useEffect(() => {
    isHere.current = true;
    return () => {
      isHere.current = false;
    };
  }, []);
  const goOn = async (tested = false) => {
    if (tested) markDone('test');
    // Ascent360 may answer late: whoever went to another page meanwhile stays there.
    if (!isHere.current) return;
    // Saved: nothing keeps the person here any more.
    await appBridge()?.saveBar.hide(BAR);
    await navigate('/setup');
  };
  return (
    <>
      <SaveBar
        id={BAR}
        dirty={!isSaved && unsavedSteps(answers, saved, []).length > 0}
        saving={put.saving}
        onSave={() =>
          put.save(
            (latest) => partOf(['connect'], answers, latest),
            () => void goOn(),
          )
        }
        onDiscard={() => {
          setAnswers({});
          setEdition(edition + 1);
        }}
      />
      <ConnectForm
        key={edition}
        saved={saved}
        answer={answers.connect}
        onAnswer={(connect) => {
          setIsSaved(false);
          setAnswers({ connect });
        }}
        saving={put}
        onSaved={() => setIsSaved(true)}
        onConnected={(tested) => void goOn(tested)}
      />
    </>
  );
}

/**
 * The first step, on the overview of a shop that isn't connected; the others have a page of their
 * own.
 * @param onTyped whether something is typed in it, which would go with it
 */
export function ConnectCard({ onTyped }: { onTyped: (isTyped: boolean) => void }) {
  const query = useQuery(settingsQuery);
  return (
    <Card>
      <BlockStack gap="400">
        <InlineStack align="space-between" gap="200">
          <Text as="h2" variant="headingMd">
            {textAt('overview.connectTitle')}
          </Text>
          <Text as="span" tone="subdued">
            {textAt('setup.stepOf', { number: 1, all: steps.length })}
          </Text>
        </InlineStack>
        {query.data ? (
          <Connect saved={query.data} onTyped={onTyped} />
        ) : (
          <NotYet query={query} loading={<LoadingLines lines={6} />} />
        )}
      </BlockStack>
    </Card>
  );
}
