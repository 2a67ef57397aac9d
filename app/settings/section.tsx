import { BlockStack, Box, Card, SkeletonBodyText, Text } from '@shopify/polaris';
import { type ReactNode, useEffect, useRef } from 'react';
import { edge } from '../shell/edge.ts';
import { textAt, textsOf } from '../texts.ts';
import { SectionPreview } from './preview/section-preview.tsx';
import './section.css';

const t = textsOf('settings.sections');

type SectionName = 'connection' | 'source' | 'lists' | 'send' | 'consent' | 'mapping' | 'changes';

/**
 * A group of settings, annotated: its description next to its fields, or above them if there is no
 * room. A link may lead to it, by its name behind `#`: it wasn't there yet when the browser looked.
 * @param previews the keys of a record that these fields decide, shown beside them; empty: whether a
 * record is sent at all
 */
export function Section(props: { id: SectionName; previews?: readonly string[]; children: ReactNode }) {
  const { id, previews, children } = props;
  const title = t(`${id}.title`);
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    if (window.location.hash !== `#${id}`) return;
    section.current?.scrollIntoView();
    section.current?.focus({ preventScroll: true });
  }, [id]);
  return (
    <section id={id} ref={section} tabIndex={-1} className="annotated" aria-labelledby={`${id}-title`}>
      <div className="annotated-about">
        <Box paddingInline={edge}>
          <BlockStack gap="200">
            <Text as="h2" variant="headingMd" id={`${id}-title`}>
              {title}
            </Text>
            <Text as="p" tone="subdued">
              {t(`${id}.text`)}
            </Text>
          </BlockStack>
        </Box>
      </div>
      <div className="annotated-fields">
        <Card>
          <BlockStack gap="400">{children}</BlockStack>
        </Card>
      </div>
      {previews && (
        <div className="annotated-preview">
          <SectionPreview title={title} keys={previews} />
        </div>
      )}
    </section>
  );
}

const lines = { connection: 6, source: 5, lists: 3, send: 9, consent: 12, mapping: 8 } as const;
const sections = ['connection', 'source', 'lists', 'send', 'consent', 'mapping'] as const;

/** The sections while their settings are loading, about as large as they will be. */
export function LoadingSections() {
  return (
    <div role="status" aria-label={textAt('common.loading')}>
      <BlockStack gap="600">
        {sections.map((id) => (
          <Section key={id} id={id}>
            <SkeletonBodyText lines={lines[id]} />
          </Section>
        ))}
      </BlockStack>
    </div>
  );
}
