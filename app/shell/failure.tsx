import { Banner, BlockStack, Text } from '@shopify/polaris';
import { ApiError } from '../api.ts';
import { say, textIf, textsOf } from '../texts.ts';
import { reload } from './reload.ts';
import { useKnownFormat } from './shop.tsx';
import { useIsNoticed } from './stale.tsx';

const t = textsOf('common');

const kindOf = (error: unknown) => (error instanceof ApiError ? error.kind : 'server');

/** What went wrong, in a few words: a change whose answer is lost may have been made. */
export const titleOf = (error: unknown): string => t(`failures.${kindOf(error)}.title`);

/**
 * What went wrong and what helps: trying again, or a reload if only that does. Where the page's
 * `StaleNotice` says that already, it is said and offered once.
 * @param withData what was read before is still on the page
 */
export function Failure(props: { error: unknown; onRetry?: () => void; withData?: boolean }) {
  const { error, onRetry, withData = false } = props;
  const kind = kindOf(error);
  const format = useKnownFormat();
  const isNoticed = useIsNoticed(error);
  const said =
    error instanceof ApiError && kind !== 'token' ? error.faults.map((fault) => say(fault.text, format)) : [];
  // What the server itself says of its failure says more.
  const text = kind === 'server' && said.length > 0 ? null : textIf(`common.failures.${kind}.text`);
  if (isNoticed) return withData ? null : <Text as="p">{t('notLoaded')}</Text>;
  const needsReload = kind === 'token' || kind === 'no_app_bridge';
  const retry = needsReload ? reload() : onRetry && { content: t('retry'), onAction: onRetry };
  return (
    <Banner tone="critical" title={titleOf(error)} {...(retry && { action: retry })}>
      <BlockStack gap="100">
        {[...(text ? [text] : []), ...said].map((sentence) => (
          <Text as="p" key={sentence}>
            {sentence}
          </Text>
        ))}
      </BlockStack>
    </Banner>
  );
}
