import { BlockStack, Card, InlineStack, Link, ProgressBar, Text } from '@shopify/polaris';
import type { ReactNode } from 'react';
import { percentOf } from '../imports/import-types.ts';
import { ImportWaits } from '../imports/import-waits.tsx';
import { nameOf } from '../imports/name-of.ts';
import { CardHead } from '../shell/card-head.tsx';
import { useFormat } from '../shell/shop.tsx';
import { say, textAt, textsOf } from '../texts.ts';
import './underway.css';
import type { Overview } from './overview-query.ts';

const t = textsOf('overview.underway');

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <Text as="dt" tone="subdued">
        {name}
      </Text>
      <Text as="dd">{children}</Text>
    </div>
  );
}

function Import({ running }: { running: Overview['imports'][number] }) {
  const format = useFormat();
  const { id, state, done, total, waits, pausedAt } = running;
  const name = t('import', { what: nameOf(running, format) });
  return (
    <BlockStack gap="100">
      <InlineStack align="space-between" gap="200">
        <Link url={`/imports/${id}`}>{name}</Link>
        <Text as="span">
          {textAt('imports.progress.of', { done, total })}
          {pausedAt !== null && ` · ${textAt('imports.pausedSince', { moment: format.moment(pausedAt) })}`}
          {pausedAt === null && state !== 'running' && ` · ${textAt(`imports.states.${state}`)}`}
        </Text>
      </InlineStack>
      <ProgressBar progress={percentOf(running)} size="small" ariaLabelledBy={`import-${id}`} />
      <span id={`import-${id}`} hidden>
        {name}
      </span>
      <ImportWaits waits={waits} />
    </BlockStack>
  );
}

/** @param at when the overview was read */
export function Underway({ overview, at }: { overview: Overview; at: number }) {
  const format = useFormat();
  const { lastEventAt, oldestWaitingAt, undeliveredOptOuts, adminAccess, problems, queries } = overview;
  const unread = adminAccess.state !== 'ok' && !problems.some(({ kind }) => kind === 'admin_access');
  return (
    <Card>
      <BlockStack gap="300">
        <CardHead title={t('title')} />
        <dl className="underway">
          <Line name={t('lastEvent')}>{lastEventAt ? format.since(lastEventAt, at) : t('never')}</Line>
          <Line name={t('oldestWaiting')}>
            {oldestWaitingAt ? (
              <Link url={`/activity?${queries.oldestWaiting}`}>{format.since(oldestWaitingAt, at)}</Link>
            ) : (
              t('nothing')
            )}
          </Line>
          <Line name={t('optOuts')}>
            {undeliveredOptOuts > 0 ? (
              <Link url={`/activity?${queries.undeliveredOptOuts}`}>{format.number(undeliveredOptOuts)}</Link>
            ) : (
              t('nothing')
            )}
          </Line>
        </dl>
        {overview.silence && !problems.some(({ kind }) => kind === 'silent') && (
          <Text as="p" tone="subdued">
            {say(overview.silence.text, format)}
          </Text>
        )}
        {unread && (
          <Text as="p" tone="subdued">
            {say(adminAccess.text, format)}
          </Text>
        )}
        {overview.imports.map((running) => (
          <Import key={running.id} running={running} />
        ))}
      </BlockStack>
    </Card>
  );
}
