import { Banner, BlockStack, Text } from '@shopify/polaris';
import { ApiError } from '../api.ts';
import { say, textIf, textsOf } from '../texts.ts';
import { useKnownFormat } from './shop.tsx';

const t = textsOf('common');

const reload = () => window.location.reload();

/**
 * What went wrong and what helps: trying again, or a reload if only that does. @param dataFrom when
 * the data still on the page was read
 */
export function Failure({ error, onRetry, dataFrom }: { error: unknown; onRetry?: () => void; dataFrom?: number }) {
  const kind = error instanceof ApiError ? error.kind : 'server';
  const format = useKnownFormat();
  const said = error instanceof ApiError ? error.faults.map((fault) => say(fault.text, format)) : [];
  const text = textIf(`common.failures.${kind}.text`);
  const needsReload = kind === 'token' || kind === 'no_app_bridge';
  const action = needsReload
    ? { content: t('reload'), onAction: reload }
    : onRetry && { content: t('retry'), onAction: onRetry };
  return (
    <Banner tone="critical" title={t(`failures.${kind}.title`)} {...(action && { action })}>
      <BlockStack gap="100">
        {text && kind !== 'server' && <Text as="p">{text}</Text>}
        {kind === 'server' && said.length === 0 && <Text as="p">{text}</Text>}
        {dataFrom !== undefined && (
          <Text as="p">{t('failures.old', { at: format.moment(new Date(dataFrom).toISOString()) })}</Text>
        )}
        {kind !== 'token' &&
          said.map((sentence) => (
            <Text as="p" key={sentence}>
              {sentence}
            </Text>
          ))}
      </BlockStack>
    </Banner>
  );
}
