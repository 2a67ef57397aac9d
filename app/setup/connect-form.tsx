import { BlockStack, Button, FormLayout, InlineStack, Text, TextField } from '@shopify/polaris';
import { useId, useState } from 'react';
import { parseGuid } from '../../server/domain/settings/parse-guid.ts';
import { showToast } from '../app-bridge.ts';
import type { SettingsAnswer } from '../settings/draft.ts';
import { OtherAccount } from '../settings/other-account.tsx';
import { sourceNames } from '../settings/source-names.tsx';
import { Failure } from '../shell/failure.tsx';
import { useFormat } from '../shell/shop.tsx';
import { say, textAt, textsOf } from '../texts.ts';
import type { Answers } from './answers.ts';
import { FirstTestField, useFirstTest } from './first-test.tsx';
import type { SavePart } from './use-save-part.ts';

const t = textsOf('setup.connect');

type Answer = NonNullable<Answers['connect']>;

/** GUID, source name and source type. An invalid GUID is reported as soon as the field is left. */
export function ConnectForm(props: {
  saved: SettingsAnswer;
  answer: Answer | undefined;
  onAnswer: (answer: Answer) => void;
  saving: SavePart;
  /** They are saved; the test record, if wanted, is still on its way. */
  onSaved: () => void;
  /** @param tested whether Ascent360 accepted the test record sent with it */
  onConnected: (tested: boolean) => void;
}) {
  const { saved, onAnswer, saving: put, onSaved, onConnected } = props;
  const answer = props.answer ?? {
    guid: '',
    newAccount: false,
    sourceName: saved.sourceName,
    sourceType: saved.sourceType,
  };
  const { guid, newAccount, sourceName, sourceType } = answer;
  const change = (part: Partial<Answer>) => onAnswer({ ...answer, ...part });
  const [left, setLeft] = useState(false);
  const [naming, setNaming] = useState(sourceName !== saved.sourceName || sourceType !== saved.sourceType);
  const { save, saving, faults, failure } = put;
  const test = useFirstTest();

  const parsed = parseGuid(guid);
  const format = useFormat();
  const refusal = parsed.ok ? false : say(parsed.text, format);
  const wrong = left && guid.trim() !== '' && refusal;
  const field = useId();
  const connect = () => {
    setLeft(true);
    const isNew = guid.trim() !== '';
    if (isNew ? !parsed.ok : saved.guidLast4 === null) {
      // Where the reason is, which is read out with it.
      document.getElementById(field)?.focus();
      return;
    }
    const part = { guid: guid.trim(), newAccount, sourceName, sourceType };
    save(
      () => part,
      async () => {
        showToast(isNew ? t('toast') : textAt('settings.saved'));
        onSaved();
        onConnected(await test.send());
      },
    );
  };
  const showNames = naming || faults.of('sourceName') !== false || faults.of('sourceType') !== false;
  const noGuid = left && guid.trim() === '' && saved.guidLast4 === null && refusal;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        connect();
      }}
    >
      <BlockStack gap="400">
        <TextField
          id={field}
          label={t('guid')}
          value={guid}
          onChange={(text) => change({ guid: text })}
          onBlur={() => setLeft(guid.trim() !== '')}
          helpText={t('guidHelp')}
          placeholder={t('guidPlaceholder')}
          error={wrong || noGuid || faults.of('guid')}
          autoComplete="off"
          spellCheck={false}
          monospaced
        />
        <OtherAccount saved={saved} draft={answer} onChange={(other) => change({ newAccount: other })} />
        {showNames ? (
          <FormLayout>
            <FormLayout.Group condensed>{sourceNames(answer, faults, change)}</FormLayout.Group>
          </FormLayout>
        ) : (
          <InlineStack gap="200">
            <Text as="p" tone="subdued">
              {t('namesHelp', { name: sourceName, type: sourceType })}
            </Text>
            <Button variant="plain" onClick={() => setNaming(true)} accessibilityLabel={t('changeNames')}>
              {t('change')}
            </Button>
          </InlineStack>
        )}
        <FirstTestField test={test} />
        <Text as="p" tone="subdued">
          {saved.paused ? textAt('server.connection.paused') : t('next')}
        </Text>
        {failure !== null && <Failure error={failure} />}
        <div>
          <Button variant="primary" submit loading={saving || test.sending}>
            {t('button')}
          </Button>
        </div>
      </BlockStack>
    </form>
  );
}
