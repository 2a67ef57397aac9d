import { ListsFields } from './lists-fields.tsx';
import { Section } from './section.tsx';
import type { SettingsForm } from './use-settings-form.ts';

export function ListsSection({ form }: { form: SettingsForm }) {
  return (
    <Section id="lists" previews={['ProviderType', 'ListIds']}>
      <ListsFields key={form.edition} value={form.draft} faults={form.faults} onChange={form.change} />
    </Section>
  );
}
