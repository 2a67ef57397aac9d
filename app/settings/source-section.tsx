import { TextField } from '@shopify/polaris';
import { textsOf } from '../texts.ts';
import { Section } from './section.tsx';
import type { SettingsForm } from './use-settings-form.ts';

const t = textsOf('settings');

export function SourceSection({ form }: { form: SettingsForm }) {
  const { draft, faults, change } = form;
  return (
    <Section id="source" previews={['SourceName', 'SourceType']}>
      <TextField
        label={t('fields.sourceName')}
        value={draft.sourceName}
        onChange={(sourceName) => change({ sourceName })}
        helpText={t('source.nameHelp')}
        error={faults.of('sourceName')}
        maxLength={100}
        autoComplete="off"
      />
      <TextField
        label={t('fields.sourceType')}
        value={draft.sourceType}
        onChange={(sourceType) => change({ sourceType })}
        helpText={t('source.typeHelp')}
        error={faults.of('sourceType')}
        maxLength={100}
        autoComplete="off"
      />
    </Section>
  );
}
