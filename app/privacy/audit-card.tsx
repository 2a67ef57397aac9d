import { BlockStack, Box, Button, Card, InlineStack, Text } from '@shopify/polaris';
import type { NewestEntry } from '../../server/features/privacy/api.ts';
import { download } from '../api.ts';
import { CardHead } from '../shell/card-head.tsx';
import { Failure } from '../shell/failure.tsx';
import { useFormat } from '../shell/shop.tsx';
import { useAction } from '../shell/use-action.ts';
import { textsOf } from '../texts.ts';

const t = textsOf('privacy.audit');

/** The end of the audit log, and its file. */
export function AuditCard({ newest }: { newest: NewestEntry }) {
  const format = useFormat();
  const take = useAction({ mutationFn: () => download('/audit', 'audit.jsonl') });
  return (
    <Box paddingBlockStart="400">
      <Card>
        <BlockStack gap="300" inlineAlign="start">
          <CardHead title={t('title')} text={t('text')} />
          {newest ? (
            <>
              <Text as="p">{t('newest', { count: newest.seq, when: format.moment(newest.at) })}</Text>
              <Text as="p" breakWord>
                {t('hash')} <code>{newest.hash}</code>
              </Text>
            </>
          ) : (
            <Text as="p">{t('none')}</Text>
          )}
          {take.error && <Failure error={take.error} onRetry={() => take.mutate()} />}
          <InlineStack>
            <Button onClick={() => take.mutate()} loading={take.isPending}>
              {t('download')}
            </Button>
          </InlineStack>
        </BlockStack>
      </Card>
    </Box>
  );
}
