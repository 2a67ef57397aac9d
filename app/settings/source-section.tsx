import { Section } from './section.tsx';
import { sourceNames } from './source-names.tsx';
import type { SettingsForm } from './use-settings-form.ts';

export function SourceSection({ form }: { form: SettingsForm }) {
  return (
    <Section id="source" previews={['SourceName', 'SourceType']}>
      {sourceNames(form.draft, form.faults, form.change)}
    </Section>
  );
}
