import { BlockStack, Card, Layout } from '@shopify/polaris';
import type { ReactNode } from 'react';

/** A group of settings: what it is about beside its fields, above them where there is no room. */
export function Section(props: { id: string; title: string; text: string; children: ReactNode }) {
  const { id, title, text, children } = props;
  return (
    <Layout.AnnotatedSection id={id} title={title} description={text}>
      <Card>
        <BlockStack gap="400">{children}</BlockStack>
      </Card>
    </Layout.AnnotatedSection>
  );
}
