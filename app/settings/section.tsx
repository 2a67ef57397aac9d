import { BlockStack, Box, Card, Layout, Text } from '@shopify/polaris';
import type { ReactNode } from 'react';
import { edge } from '../shell/edge.ts';

/** A group of settings: what it is about beside its fields, above them where there is no room. */
export function Section(props: { id: string; title: string; text: string; children: ReactNode }) {
  const { id, title, text, children } = props;
  return (
    <Layout.AnnotatedSection
      id={id}
      title={
        <Box as="span" paddingInlineStart={edge}>
          {title}
        </Box>
      }
      description={
        <Box paddingInline={edge}>
          <Text as="p" tone="subdued">
            {text}
          </Text>
        </Box>
      }
    >
      <Card>
        <BlockStack gap="400">{children}</BlockStack>
      </Card>
    </Layout.AnnotatedSection>
  );
}
