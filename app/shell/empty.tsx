import { BlockStack, Box, buttonFrom, Text } from '@shopify/polaris';

/** What a page or card says if it has nothing to show: why, and what would change that. */
export function Empty(props: {
  title: string;
  text: string;
  action?: { content: string; url?: string; onAction?: () => void };
}) {
  const { title, text, action } = props;
  return (
    <Box padding="800">
      <BlockStack gap="200" inlineAlign="center">
        <Text as="h2" variant="headingMd" alignment="center">
          {title}
        </Text>
        <Text as="p" tone="subdued" alignment="center">
          {text}
        </Text>
        {action && <Box paddingBlockStart="200">{buttonFrom(action)}</Box>}
      </BlockStack>
    </Box>
  );
}
