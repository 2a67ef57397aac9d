import { Badge, BlockStack, Box, Button, Card, Divider, InlineStack, Link, Text } from '@shopify/polaris';
import { Fragment } from 'react';
import { useFormat } from '../shell/shop.tsx';
import { say, textIf, textsOf } from '../texts.ts';
import type { Overview } from './overview-query.ts';

const t = textsOf('overview.problems');

type Problem = Overview['problems'][number];

/** Where to fix each kind. Kinds not listed here use their action. */
const ways: Record<string, { url: string; action: string }> = {
  connection_problem: { url: '/settings#connection', action: 'settings' },
  not_connected: { url: '/setup', action: 'setup' },
};

function wayOut({ kind, action, query }: Problem): { url: string; content: string } | null {
  const way = ways[kind] ?? (action && { url: `/${action}`, action });
  const content = way && textIf(`overview.problems.actions.${way.action}`);
  if (!way || !content) return null;
  return { url: query && way.action === 'activity' ? `/activity?${query}` : way.url, content };
}

function Line({ problem }: { problem: Problem }) {
  const format = useFormat();
  const way = wayOut(problem);
  return (
    <InlineStack gap="300" align="space-between" blockAlign="center" wrap>
      <Box maxWidth="40rem">
        <Text as="p" breakWord>
          {say(problem.text, format)}
        </Text>
        {problem.since && (
          <Text as="p" tone="subdued" variant="bodySm">
            {t('since', { moment: format.moment(problem.since) })}
          </Text>
        )}
      </Box>
      {way && <Button url={way.url}>{way.content}</Button>}
    </InlineStack>
  );
}

/**
 * What needs attention, each with a link to where it is fixed. @param unconnected the page already
 * asks to connect
 */
export function Problems({ overview, unconnected }: { overview: Overview; unconnected: boolean }) {
  const problems = overview.problems.filter(({ kind }) => !(unconnected && kind === 'not_connected'));
  if (problems.length === 0) return null;
  return (
    <Card>
      <BlockStack gap="300">
        <InlineStack gap="200" blockAlign="center">
          <Text as="h2" variant="headingMd">
            {t('title')}
          </Text>
          <Badge tone="critical">{String(problems.length)}</Badge>
          {problems.some(({ kind }) => kind === 'attention') && <Link url="/issues">{t('byCustomer')}</Link>}
        </InlineStack>
        {problems.map((problem, index) => (
          <Fragment key={`${problem.kind} ${problem.text.code}`}>
            {index > 0 && <Divider />}
            <Line problem={problem} />
          </Fragment>
        ))}
      </BlockStack>
    </Card>
  );
}
