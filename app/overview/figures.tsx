import { BlockStack, Box, Button, Card, InlineStack, Link, Text } from '@shopify/polaris';
import { useState } from 'react';
import { Choices } from '../shell/choices.tsx';
import { Empty } from '../shell/empty.tsx';
import { useFormat } from '../shell/shop.tsx';
import { textsOf } from '../texts.ts';
import './figures.css';
import type { Overview } from './overview-query.ts';

const t = textsOf('overview.figures');

type Window = keyof Overview['counts'];
type Name = keyof Overview['counts'][Window];

const windows = ['24h', '7d', '30d'] as const satisfies readonly Window[];
/** The first is the sum of the others. */
export const figures = ['received', 'accepted', 'merged', 'skipped', 'waiting', 'attention'] as const satisfies Name[];

function Figure(props: { sign: string; name: string; hint: string; value: number; url: string }) {
  const { sign, name, hint, value, url } = props;
  const format = useFormat();
  return (
    <div className="figure">
      <span className="figure-sign">{sign}</span>
      <div>
        <Text as="p" variant="headingLg">
          <Link url={url} removeUnderline monochrome accessibilityLabel={t('named', { name, count: value })}>
            {format.number(value)}
          </Link>
        </Text>
        <Text as="p" fontWeight="medium">
          {name}
        </Text>
        <Text as="p" tone="subdued" variant="bodySm">
          {hint}
        </Text>
      </div>
    </div>
  );
}

/**
 * Received = accepted + merged + skipped + waiting + attention; each figure opens exactly the
 * events it counts.
 */
export function Figures({ counts, queries, lastEventAt }: Pick<Overview, 'counts' | 'queries' | 'lastEventAt'>) {
  const [window, setWindow] = useState<Window>('24h');
  const shown = counts[window];
  return (
    <Card>
      <BlockStack gap="400">
        <InlineStack align="space-between" blockAlign="center" gap="200">
          <Text as="h2" variant="headingMd">
            {t('title')}
          </Text>
          <Choices label={t('windowLabel')} segmented>
            {windows.map((name) => (
              <Button key={name} size="slim" pressed={name === window} onClick={() => setWindow(name)}>
                {t(`windows.${name}`)}
              </Button>
            ))}
          </Choices>
        </InlineStack>
        {lastEventAt === null ? (
          <Empty title={t('none')} text={t('noneText')} />
        ) : (
          <>
            <div className="figures">
              {figures.map((figure, index) => (
                <Figure
                  key={figure}
                  sign={['', '='][index] ?? '+'}
                  name={t(`states.${figure}`)}
                  hint={t(`hints.${figure}`)}
                  value={shown[figure]}
                  url={`/activity?${queries[window][figure]}`}
                />
              ))}
            </div>
            <Box>
              <Text as="p" tone="subdued" variant="bodySm">
                {t('note')}
              </Text>
            </Box>
          </>
        )}
      </BlockStack>
    </Card>
  );
}
