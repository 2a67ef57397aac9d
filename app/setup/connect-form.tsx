import { BlockStack, Button, FormLayout, InlineStack, Text, TextField } from '@shopify/polaris';
import { useState } from 'react';
import { parseGuid } from '../../server/settings/parse-guid.ts';
import { showToast } from '../app-bridge.ts';
import type { SettingsAnswer } from '../settings/draft.ts';
import { Failure } from '../shell/failure.tsx';
import { texts } from '../texts.ts';
import { useSavePart } from './use-save-part.ts';

const t = texts.setup.connect;

/** GUID, source name and source type. What is no GUID is said so as soon as the field is left. */
export function ConnectForm({ saved, onConnected }: { saved: SettingsAnswer; onConnected: () => void }) {
  const [guid, setGuid] = useState('');
  const [left, setLeft] = useState(false);
  const [sourceName, setSourceName] = useState(saved.sourceName);
  const [sourceType, setSourceType] = useState(saved.sourceType);
  const [naming, setNaming] = useState(false);
  const { save, saving, faults, failure } = useSavePart();

  const parsed = parseGuid(guid);
  const wrong = left && guid.trim() !== '' && !parsed.ok && parsed.message;
  const connect = () => {
    setLeft(true);
    if (guid.trim() !== '' && !parsed.ok) return;
    save({ guid: guid.trim(), sourceName, sourceType }, () => {
      showToast(t.toast);
      onConnected();
    });
  };
  const showNames = naming || faults.of('sourceName') !== false || faults.of('sourceType') !== false;
  const noGuid = left && guid.trim() === '' && saved.guidLast4 === null && !parsed.ok && parsed.message;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (guid.trim() === '' && saved.guidLast4 === null) setLeft(true);
        else connect();
      }}
    >
      <BlockStack gap="400">
        <TextField
          label={t.guid}
          value={guid}
          onChange={setGuid}
          onBlur={() => setLeft(guid.trim() !== '')}
          helpText={t.guidHelp}
          placeholder={t.guidPlaceholder}
          error={wrong || noGuid || faults.of('guid')}
          autoComplete="off"
          spellCheck={false}
          monospaced
        />
        {showNames ? (
          <FormLayout>
            <FormLayout.Group condensed>
              <TextField
                label={texts.settings.fields.sourceName}
                value={sourceName}
                onChange={setSourceName}
                helpText={texts.settings.source.nameHelp}
                error={faults.of('sourceName')}
                autoComplete="off"
              />
              <TextField
                label={texts.settings.fields.sourceType}
                value={sourceType}
                onChange={setSourceType}
                helpText={texts.settings.source.typeHelp}
                error={faults.of('sourceType')}
                autoComplete="off"
              />
            </FormLayout.Group>
          </FormLayout>
        ) : (
          <InlineStack gap="200">
            <Text as="p" tone="subdued">
              {t.namesHelp(sourceName, sourceType)}
            </Text>
            <Button variant="plain" onClick={() => setNaming(true)} accessibilityLabel={`${t.change}: ${t.names}`}>
              {t.change}
            </Button>
          </InlineStack>
        )}
        <Text as="p" tone="subdued">
          {t.next}
        </Text>
        {failure !== null && <Failure error={failure} />}
        <div>
          <Button variant="primary" submit loading={saving}>
            {t.button}
          </Button>
        </div>
      </BlockStack>
    </form>
  );
}
