import { Banner, BlockStack, Box, Text } from '@shopify/polaris';
import { AppPage } from '../shell/app-page.tsx';
import { Failure } from '../shell/failure.tsx';
import { NotYet } from '../shell/not-yet.tsx';
import { SaveBar } from '../shell/save-bar.tsx';
import { textAt, textsOf } from '../texts.ts';
import { ChangesSection } from './changes-section.tsx';
import { ConnectionSection } from './connection-section.tsx';
import { ConsentSection } from './consent-section.tsx';
import { ListsSection } from './lists-section.tsx';
import { MappingSection } from './mapping-section.tsx';
import { PreviewSection } from './preview/preview-section.tsx';
import { PreviewProvider } from './preview/use-preview.tsx';
import { LoadingSections } from './section.tsx';
import { SendSection } from './send-section.tsx';
import { SourceSection } from './source-section.tsx';
import { type SettingsForm, useSettingsForm } from './use-settings-form.ts';

const t = textsOf('settings');

/** The field of the page that a fault is shown at: `listIds.2` is one of `listIds`. */
const fieldOf = (path: string): string => path.replace(/\.\d+.*$/, '');

/**
 * The message if saving failed: how many fields, or what else. Fields show their own next to them.
 */
function SaveFailure({ form }: { form: SettingsForm }) {
  // Several faults of one field stand beside it as one.
  const count = new Set(form.faults.all.map(({ field = '' }) => fieldOf(field))).size;
  if (count > 0) {
    return (
      <Box paddingBlockEnd="400">
        <Banner tone="critical" title={t('faultsTitle', { count })}>
          <Text as="p">{t('faultsText')}</Text>
        </Banner>
      </Box>
    );
  }
  return form.failure ? (
    <Box paddingBlockEnd="400">
      {/** With nothing to save it was pausing that failed, whose own button tries again. */}
      <Failure error={form.failure} {...(form.dirty && { onRetry: form.save })} />
    </Box>
  ) : null;
}

export function SettingsPage() {
  const { form, query } = useSettingsForm();
  return (
    <AppPage title={t('title')} secondaryActions={[{ content: textAt('setup.title'), url: '/setup' }]}>
      {form ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (form.dirty) form.save();
          }}
        >
          <SaveBar id="settings" dirty={form.dirty} saving={form.saving} onSave={form.save} onDiscard={form.discard} />
          <PreviewProvider form={form}>
            <div aria-live="polite">
              <SaveFailure form={form} />
            </div>
            <BlockStack gap="600">
              <ConnectionSection form={form} />
              <SourceSection form={form} />
              <ListsSection form={form} />
              <SendSection form={form} />
              <ConsentSection form={form} />
              <MappingSection form={form} />
              <PreviewSection />
              <ChangesSection />
            </BlockStack>
          </PreviewProvider>
        </form>
      ) : (
        <NotYet query={query} loading={<LoadingSections />} />
      )}
    </AppPage>
  );
}
