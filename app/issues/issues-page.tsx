import { Box, Card, InlineStack, Tabs, Text } from '@shopify/polaris';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from 'wouter';
import { type IssueState, issueStates, MOST_EVENTS } from '../../server/domain/issue-states.ts';
import type { Issue, IssueList } from '../../server/features/activity/api.ts';
import { get, withQuery } from '../api.ts';
import { replaceQuery } from '../location.ts';
import { AppPage } from '../shell/app-page.tsx';
import { Empty } from '../shell/empty.tsx';
import { Failure } from '../shell/failure.tsx';
import { LoadingLines } from '../shell/loading.tsx';
import { textAt, textIf, textsOf } from '../texts.ts';
import { IssueRow } from './issue-row.tsx';

const t = textsOf('issues');

/** A customer may have several issues. */
const customersIn = (issues: readonly Issue[]) => new Set(issues.flatMap(({ person }) => person?.id ?? [])).size;

/** Open issues by cause, each cause where its newest event is; those that are over have none. */
function byCause(issues: readonly Issue[]): Map<Issue['reason'], Issue[]> {
  const causes = new Map<Issue['reason'], Issue[]>();
  for (const issue of issues) causes.set(issue.reason, [...(causes.get(issue.reason) ?? []), issue]);
  return causes;
}

/** One cause, and for each customer what to do about it. */
function Cause({ reason, issues, state }: { reason: Issue['reason']; issues: readonly Issue[]; state: IssueState }) {
  const name = reason && textIf(`activity.reasons.${reason}`);
  const count = customersIn(issues);
  return (
    <>
      {name && (
        <Box paddingInline="400" paddingBlock="300" background="bg-surface-secondary">
          <InlineStack gap="200" blockAlign="baseline">
            <Text as="h2" variant="headingMd">
              {name}
            </Text>
            {count > 0 && (
              <Text as="p" tone="subdued">
                {t('affected', { count })}
              </Text>
            )}
          </InlineStack>
        </Box>
      )}
      <ul className="plain-list" aria-label={name ?? t('list')}>
        {issues.map((issue) => (
          <IssueRow key={issue.query} issue={issue} state={state} isUnderCause={name !== null} />
        ))}
      </ul>
    </>
  );
}

/** What could not be sent, by cause and person: each is fixed, resent or dismissed as one. */
export function IssuesPage() {
  const asked = new URLSearchParams(useSearch()).get('state');
  const state = issueStates.find((one) => one === asked) ?? 'open';
  const { data, error, refetch } = useQuery({
    queryKey: ['activity', 'issues', state],
    queryFn: get<IssueList>(withQuery('/issues', { state })),
  });
  return (
    <AppPage
      title={t('title')}
      subtitle={t('text')}
      backAction={{ content: textAt('overview.title'), url: '/' }}
      secondaryActions={[{ content: t('toActivity'), url: '/activity?state=attention' }]}
    >
      {error && !data ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Card padding="0">
          <Tabs
            tabs={issueStates.map((one) => ({ id: one, content: t(`states.${one}`), panelID: 'issues' }))}
            selected={issueStates.indexOf(state)}
            onSelect={(index) => replaceQuery('/issues', { state: issueStates[index] ?? 'open' })}
          />
          <div id="issues" aria-live="polite">
            {!data ? (
              <Box padding="400">
                <LoadingLines lines={8} />
              </Box>
            ) : data.items.length === 0 ? (
              <Empty title={t(`none.${state}`)} text={t(`noneText.${state}`)} />
            ) : (
              <section aria-label={t('list')}>
                {state === 'open' && (
                  <Box paddingInline="400" paddingBlock="300">
                    <Text as="p" fontWeight="semibold">
                      {t('summary', { count: customersIn(data.items) })}
                    </Text>
                  </Box>
                )}
                {data.more && (
                  <Box paddingInline="400" paddingBlock="300">
                    <Text as="p">{t('newestOnly', { count: MOST_EVENTS })}</Text>
                  </Box>
                )}
                {[...byCause(data.items)].map(([reason, issues]) => (
                  <Cause key={reason} reason={reason} issues={issues} state={state} />
                ))}
              </section>
            )}
          </div>
        </Card>
      )}
    </AppPage>
  );
}
