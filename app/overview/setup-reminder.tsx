import { BlockStack, Button, Card, InlineStack, ProgressBar, Text } from '@shopify/polaris';
import { steps, useSetup } from '../setup/use-setup.ts';
import { Failure } from '../shell/failure.tsx';
import { Fleeting } from '../shell/fleeting.tsx';
import { textsOf } from '../texts.ts';

const t = textsOf('overview.setup');

/** How far the first steps are, until all are done or the merchant dismisses the card. */
export function SetupReminder({ connected }: { connected: boolean }) {
  const { setup, dismiss, saving, error } = useSetup();
  const done = steps.filter((step) => (step === 'connect' ? connected : setup.done.includes(step))).length;
  if (setup.dismissed || done === steps.length) return null;
  return (
    <Fleeting>
      <Card>
        <BlockStack gap="300">
          <InlineStack align="space-between" blockAlign="center" gap="200">
            <Text as="h2" variant="headingMd" id="setup-progress">
              {t('progress', { done, all: steps.length })}
            </Text>
            <InlineStack gap="200">
              <Button url="/setup" variant="primary">
                {t('go')}
              </Button>
              <Button onClick={dismiss} loading={saving}>
                {t('dismiss')}
              </Button>
            </InlineStack>
          </InlineStack>
          {error !== null && <Failure error={error} onRetry={dismiss} />}
          <ProgressBar progress={(done / steps.length) * 100} size="small" ariaLabelledBy="setup-progress" />
        </BlockStack>
      </Card>
    </Fleeting>
  );
}
