import { Badge, BlockStack, Button, Card, InlineStack, Text } from '@shopify/polaris';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { textsOf } from '../texts.ts';

const t = textsOf('setup');

/** One step: open with what is to be done, or one line with its state. */
export function StepCard(props: {
  number: number;
  title: string;
  done: boolean;
  /** What it shows when done and closed. */
  summary: string;
  open: boolean;
  onOpen: () => void;
  children: ReactNode;
}) {
  const { number, title, done, summary, open, onOpen, children } = props;
  const top = useRef<HTMLDivElement>(null);
  const wasOpen = useRef(open);
  const [opened, setOpened] = useState(open);
  if (open && !opened) setOpened(true);
  useEffect(() => {
    // The step before has closed, with the button that had focus.
    if (open && !wasOpen.current) top.current?.focus();
    wasOpen.current = open;
  }, [open]);
  return (
    <div ref={top} tabIndex={-1} style={{ outline: 'none' }}>
      <Card>
        <BlockStack gap="400">
          <InlineStack align="space-between" blockAlign="center" gap="200">
            <InlineStack gap="200" blockAlign="center">
              <Text as="h2" variant="headingMd">
                {t('numbered', { number, title })}
              </Text>
              {done && <Badge tone="success">{t('done')}</Badge>}
            </InlineStack>
            {!open && (
              <Button variant="plain" onClick={onOpen} accessibilityLabel={t('openStep', { title })}>
                {t('open')}
              </Button>
            )}
          </InlineStack>
          {/** What was typed stays if the person opens another step and comes back. */}
          {opened && <div hidden={!open}>{children}</div>}
          {!open && done && (
            <Text as="p" tone="subdued">
              {summary}
            </Text>
          )}
        </BlockStack>
      </Card>
    </div>
  );
}
