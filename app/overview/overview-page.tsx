import { BlockStack, Box, Card } from '@shopify/polaris';
import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { AppPage } from '../shell/app-page.tsx';
import { ErrorBoundary } from '../shell/error-boundary.tsx';
import { Loading, LoadingLines } from '../shell/loading.tsx';
import { NotYet } from '../shell/not-yet.tsx';
import { useShop } from '../shell/shop.tsx';
import { WhileReachable } from '../shell/stale.tsx';
import { textsOf } from '../texts.ts';
import { ConnectionCard } from './connection-card.tsx';
import { Figures } from './figures.tsx';
import { Help } from './help.tsx';
import { type Overview, overviewQuery } from './overview-query.ts';
import { Problems } from './problems.tsx';
import { SetupReminder } from './setup-reminder.tsx';
import { Underway } from './underway.tsx';

const ConnectCard = lazy(() => import('../setup/connect-card.tsx').then((m) => ({ default: m.ConnectCard })));
const ExtensionsStatus = lazy(() => import('../extensions-status.tsx').then((m) => ({ default: m.ExtensionsStatus })));
const Chart = lazy(() => import('./chart.tsx').then((m) => ({ default: m.Chart })));

const t = textsOf('overview');

/** A part of the page whose code is loaded separately: if that fails, the rest stays. */
const Part = ({ loading = null, children }: { loading?: ReactNode; children: ReactNode }) => (
  <ErrorBoundary part>
    <Suspense fallback={loading}>{children}</Suspense>
  </ErrorBoundary>
);

/** @param at when the overview was read */
function Content({ overview, at }: { overview: Overview; at: number }) {
  const { setup } = useShop();
  // What is typed to connect stays until the person is done with it, whoever connects meanwhile.
  const [connecting, setConnecting] = useState(false);
  const unconnected = connecting || (overview.connection.state === 'not_connected' && !setup.dismissed);
  return (
    <BlockStack gap="400">
      {unconnected ? (
        <Part loading={<Loading cards={[6]} />}>
          <ConnectCard onTyped={setConnecting} />
        </Part>
      ) : (
        <>
          <SetupReminder connected={overview.connection.state !== 'not_connected'} />
          <WhileReachable>
            <ConnectionCard connection={overview.connection} at={at} />
          </WhileReachable>
        </>
      )}
      <Problems overview={overview} unconnected={unconnected} />
      <Figures counts={overview.counts} queries={overview.queries} lastEventAt={overview.lastEventAt} />
      <Part
        loading={
          <Card>
            <Box minHeight="280px">
              <LoadingLines lines={6} />
            </Box>
          </Card>
        }
      >
        <Chart daily={overview.daily} queries={overview.queries.daily} />
      </Part>
      <WhileReachable>
        <Underway overview={overview} at={at} />
      </WhileReachable>
      {!unconnected && (
        <Part>
          <ExtensionsStatus />
        </Part>
      )}
      <Help />
    </BlockStack>
  );
}

export function OverviewPage() {
  const query = useQuery(overviewQuery);
  return (
    <AppPage title={t('title')}>
      {query.data ? (
        <Content overview={query.data} at={query.dataUpdatedAt} />
      ) : (
        <NotYet query={query} loading={<Loading cards={[1, 4, 8, 3]} />} />
      )}
    </AppPage>
  );
}
