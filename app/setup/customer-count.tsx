import { Banner, BlockStack, Box, Button, InlineGrid, Link, Text } from '@shopify/polaris';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ImportAnswer } from '../../server/imports/counts.ts';
import { call } from '../api.ts';
import { Failure } from '../shell/failure.tsx';
import { LoadingLines } from '../shell/loading.tsx';
import { useFormat } from '../shell/shop.tsx';
import { texts } from '../texts.ts';

const t = texts.setup.history;
const LOOK_EVERY_MS = 2000;

type Count = ImportAnswer;

const underCount = (count: Count | null | undefined) => count?.state === 'counting';

function Numbers({ count }: { count: Count }) {
  const format = useFormat();
  const { contacts, skipped, flags } = count.counts;
  const figures: [string, number][] = [
    [t.contacts, contacts],
    [t.optIns, flags.EmailPermission.true],
    [t.optOuts, flags.EmailPermission.false],
    [t.smsOptIns, flags.SMSPermission.true],
    [t.smsOptOuts, flags.SMSPermission.false],
    [t.skipped, Object.values(skipped).reduce((sum, one) => sum + one, 0)],
  ];
  return (
    <Box background="bg-surface-secondary" padding="300" borderRadius="200">
      <BlockStack gap="200">
        <Text as="h3" variant="headingSm">
          {t.counted}
        </Text>
        <InlineGrid columns={{ xs: 2, sm: 3 }} gap="200">
          {figures.map(([name, value]) => (
            <div key={name}>
              <Text as="p" variant="headingMd">
                {format.number(value)}
              </Text>
              <Text as="p" tone="subdued" variant="bodySm">
                {name}
              </Text>
            </div>
          ))}
        </InlineGrid>
        <Text as="p" tone="subdued" variant="bodySm">
          {t.withSaved} <Link url={`/imports/${count.id}`}>{t.toImport}</Link>
        </Text>
      </BlockStack>
    </Box>
  );
}

/** Counts the shop's customers as an import that was not started, or says why that is not possible. */
export function CustomerCount() {
  const client = useQueryClient();
  const queryKey = ['imports', 'customer-count'];
  const { data: count } = useQuery({
    queryKey,
    queryFn: async ({ signal }) => {
      const { items } = await call<{ items: Count[] }>('GET', '/imports', { signal });
      return items.find(({ kind, state }) => kind === 'customers' && /^(counting|counted|failed)$/.test(state)) ?? null;
    },
    refetchInterval: ({ state }) => (underCount(state.data) ? LOOK_EVERY_MS : false),
  });
  const start = useMutation({
    mutationFn: () => call<Count>('POST', '/imports', { body: { kind: 'customers' } }),
    onSuccess: (started) => client.setQueryData(queryKey, started),
  });
  return (
    <div aria-live="polite">
      <BlockStack gap="300">
        {start.error && <Failure error={start.error} />}
        {count?.state === 'failed' && (
          <Banner tone="warning" title={t.noCount}>
            {count.message}
          </Banner>
        )}
        {count?.state === 'counted' && <Numbers count={count} />}
        {underCount(count) && (
          <BlockStack gap="200">
            <Text as="p">{t.counting}</Text>
            <LoadingLines lines={2} />
          </BlockStack>
        )}
        {!underCount(count) && (
          <div>
            <Button onClick={() => start.mutate()} loading={start.isPending}>
              {count?.state === 'counted' ? t.countAgain : t.count}
            </Button>
          </div>
        )}
      </BlockStack>
    </div>
  );
}
