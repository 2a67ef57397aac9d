import { BlockStack, Text } from '@shopify/polaris';

/** A card's heading, with a sentence on what is in the card. */
export function CardHead({ title, text }: { title: string; text?: string | false }) {
  return (
    <BlockStack gap="100">
      <Text as="h2" variant="headingMd">
        {title}
      </Text>
      {text && (
        <Text as="p" tone="subdued">
          {text}
        </Text>
      )}
    </BlockStack>
  );
}
