import { lazy, Suspense } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { OverviewPage } from './overview/overview-page.tsx';
import { AppPage } from './shell/app-page.tsx';
import { Empty } from './shell/empty.tsx';
import { ErrorBoundary } from './shell/error-boundary.tsx';
import { Loading } from './shell/loading.tsx';
import { textAt, textsOf } from './texts.ts';

const SetupPage = lazy(() => import('./setup/setup-page.tsx').then((m) => ({ default: m.SetupPage })));
const ActivityPage = lazy(() => import('./activity/activity-page.tsx').then((m) => ({ default: m.ActivityPage })));
const EventPage = lazy(() => import('./activity/event-page.tsx').then((m) => ({ default: m.EventPage })));
const IssuesPage = lazy(() => import('./issues/issues-page.tsx').then((m) => ({ default: m.IssuesPage })));
const PeoplePage = lazy(() => import('./people/people-page.tsx').then((m) => ({ default: m.PeoplePage })));
const ConsentPage = lazy(() => import('./consent/consent-page.tsx').then((m) => ({ default: m.ConsentPage })));
const PersonPage = lazy(() => import('./people/person-page.tsx').then((m) => ({ default: m.PersonPage })));
const SettingsPage = lazy(() => import('./settings/settings-page.tsx').then((m) => ({ default: m.SettingsPage })));
const ImportsPage = lazy(() => import('./imports/imports-page.tsx').then((m) => ({ default: m.ImportsPage })));
const ImportPage = lazy(() => import('./imports/import-page.tsx').then((m) => ({ default: m.ImportPage })));
const PrivacyPage = lazy(() => import('./privacy/privacy-page.tsx').then((m) => ({ default: m.PrivacyPage })));

const t = textsOf('common.notFound');

function NotFoundPage() {
  return (
    <AppPage title={t('title')}>
      <Empty title={t('title')} text={t('text')} action={{ content: t('back'), url: '/' }} />
    </AppPage>
  );
}

/** Every page on one screen. The server answers these paths too: server/http/pages/routes.ts. */
export function Routes() {
  const [path] = useLocation();
  return (
    <ErrorBoundary key={path}>
      <Suspense
        fallback={
          <AppPage title={textAt('common.appName')}>
            <Loading />
          </AppPage>
        }
      >
        <Switch>
          <Route path="/" component={OverviewPage} />
          <Route path="/setup" component={SetupPage} />
          <Route path="/activity" component={ActivityPage} />
          <Route path="/activity/:id">{({ id }) => <EventPage key={id} id={id} />}</Route>
          <Route path="/issues" component={IssuesPage} />
          <Route path="/people" component={PeoplePage} />
          <Route path="/people/consent" component={ConsentPage} />
          <Route path="/people/:id">{({ id }) => <PersonPage key={id} id={id} />}</Route>
          <Route path="/settings" component={SettingsPage} />
          <Route path="/imports" component={ImportsPage} />
          <Route path="/imports/:id">{({ id }) => <ImportPage key={id} id={id} />}</Route>
          <Route path="/privacy" component={PrivacyPage} />
          <Route component={NotFoundPage} />
        </Switch>
      </Suspense>
    </ErrorBoundary>
  );
}
