import { BlockStack, Card, SkeletonBodyText, SkeletonDisplayText } from '@shopify/polaris';
import { textAt } from '../texts.ts';

/** Cards of about the size of what is to come. @param lines of text in each card */
export function Loading({ cards = [3, 3] }: { cards?: readonly number[] }) {
  return (
    <div role="status" aria-label={textAt('common.loading')}>
      <BlockStack gap="400">
        {cards.map((lines, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they have nothing else, and their order never changes
          <Card key={index}>
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

/** Lines where text is to come, within something that is there already. */
export function LoadingLines({ lines }: { lines: number }) {
  return (
    <div role="status" aria-label={textAt('common.loading')}>
      <SkeletonBodyText lines={lines} />
    </div>
  );
}
