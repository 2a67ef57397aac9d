import { BlockStack, Card, InlineStack, Text } from '@shopify/polaris';
import { useQuery } from '@tanstack/react-query';
import { navigate } from '../location.ts';
import { settingsQuery } from '../settings/use-settings-form.ts';
import { Failure } from '../shell/failure.tsx';
import { LoadingLines } from '../shell/loading.tsx';
import { texts } from '../texts.ts';
import { ConnectForm } from './connect-form.tsx';
import { steps } from './use-setup.ts';

/** The first step on the overview of a shop that is not connected; the others follow on a page of their own. */
export function ConnectCard() {
  const { data, error, refetch } = useQuery(settingsQuery);
  return (
    <Card>
      <BlockStack gap="400">
        <InlineStack align="space-between" gap="200">
          <Text as="h2" variant="headingMd">
            {texts.overview.connectTitle}
          </Text>
          <Text as="span" tone="subdued">
            {texts.setup.stepOf(1, steps.length)}
          </Text>
        </InlineStack>
        {data ? (
          <ConnectForm saved={data} onConnected={() => void navigate('/setup')} />
        ) : error ? (
          <Failure error={error} onRetry={() => void refetch()} />
        ) : (
          <LoadingLines lines={6} />
        )}
      </BlockStack>
    </Card>
  );
}
