import { BlockStack, Card, SkeletonBodyText, SkeletonDisplayText } from '@shopify/polaris';
import { textAt } from '../texts.ts';
import { withKeys } from './with-keys.ts';

/** Cards about the size of what is loading. @param lines of text in each card */
export function Loading({ cards = [3, 3] }: { cards?: readonly number[] }) {
  return (
    <div role="status" aria-label={textAt('common.loading')}>
      <BlockStack gap="400">
        {withKeys(cards, String).map(({ key, item: lines }) => (
          <Card key={key}>
            <BlockStack gap="400">
              <SkeletonDisplayText size="small" />
              <SkeletonBodyText lines={lines} />
            </BlockStack>
          </Card>
        ))}
      </BlockStack>
    </div>
  );
}

/** Lines in place of text that is loading, within something already shown. */
export function LoadingLines({ lines }: { lines: number }) {
  return (
    <div role="status" aria-label={textAt('common.loading')}>
      <SkeletonBodyText lines={lines} />
    </div>
  );
}
