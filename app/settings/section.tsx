import { BlockStack, Box, Card, Layout, Text } from '@shopify/polaris';
import type { ReactNode } from 'react';
import { edge } from '../shell/edge.ts';
import { textsOf } from '../texts.ts';

const t = textsOf('settings.sections');

type SectionName = 'connection' | 'source' | 'lists' | 'send' | 'consent' | 'mapping' | 'changes';

/** A group of settings: its description next to its fields, or above them if there is no room. */
export function Section(props: { id: SectionName; children: ReactNode }) {
  const { id, children } = props;
  return (
    <Layout.AnnotatedSection
      id={id}
      title={
        <Box as="span" paddingInlineStart={edge}>
          {t(`${id}.title`)}
        </Box>
      }
      description={
        <Box paddingInline={edge}>
          <Text as="p" tone="subdued">
            {t(`${id}.text`)}
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
