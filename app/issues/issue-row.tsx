import { BlockStack, Box, Button, InlineStack, Link, Text } from '@shopify/polaris';
import { useState } from 'react';
import type { IssueState } from '../../server/domain/issue-states.ts';
import type { Issue } from '../../server/features/activity/api.ts';
import { type Bulk, BulkDialog } from '../activity/bulk-dialog.tsx';
import { useFormat } from '../shell/shop.tsx';
import { say, textAt, textsOf } from '../texts.ts';

const t = textsOf('issues');

/** What to do, beyond what the cause says. It names a value only if that one is probably wrong. */
function stepFor({ reason, suspect }: Issue): string | null {
  if (suspect) return t('suspect', { key: suspect.key, value: suspect.value });
  if (reason === 'rejected') return t('noValue');
  return reason && textAt(`activity.event.steps.${reason}`);
}

/** One cause and one person, with the way to fix it. @param isUnderCause the cause is the heading above */
export function IssueRow(props: { issue: Issue; state: IssueState; isUnderCause: boolean }) {
  const { issue, state, isUnderCause } = props;
  const format = useFormat();
  const [bulk, setBulk] = useState<Bulk | null>(null);
  const { person, count, since, eventId, query } = issue;
  const step = issue.requests < count ? stepFor(issue) : null;
  const filter = Object.fromEntries(new URLSearchParams(query));
  const name = person?.name ?? person?.customerId ?? textAt('activity.filters.noPerson');
  return (
    <li>
      <Box padding="400" borderBlockEndWidth="025" borderColor="border-secondary">
        <BlockStack gap="200">
          <InlineStack gap="200" blockAlign="baseline">
            <Text as={isUnderCause ? 'h3' : 'h2'} variant="headingSm" breakWord>
              {name}
            </Text>
            {state === 'resolved' ? (
              <Text as="span">{textAt('activity.shown', { count })}</Text>
            ) : (
              <Link url={`/activity?${query}`}>{textAt('activity.shown', { count })}</Link>
            )}
          </InlineStack>
          <Text as="p">{say(isUnderCause ? (issue.text.next ?? issue.text) : issue.text, format)}</Text>
          {step && (
            <Text as="p" breakWord>
              {step}
            </Text>
          )}
          {issue.requests > 0 && (
            <Text as="p">
              {textAt('activity.event.steps.privacy')}{' '}
              <Link url="/privacy">{textAt('activity.event.openPrivacy')}</Link>
            </Text>
          )}
          <Text as="p" tone="subdued" variant="bodySm">
            {t('since', { at: format.moment(since) })}
          </Text>
          <InlineStack gap="300" blockAlign="center">
            {person?.customerId && (
              <Link url={`shopify://admin/customers/${person.customerId}`} target="_top">
                {textAt('people.facts.inShopify')}
              </Link>
            )}
            {person && <Link url={`/people/${person.id}`}>{t('person')}</Link>}
            <Link url={`/activity/${eventId}`}>{t('newest')}</Link>
            {state !== 'resolved' && (
              <Button onClick={() => setBulk({ does: 'resend', filter })} accessibilityLabel={t('againFor', { name })}>
                {textAt('activity.again.action')}
              </Button>
            )}
            {state === 'open' && issue.requests < count && (
              <Button
                variant="tertiary"
                onClick={() => setBulk({ does: 'dismiss', filter })}
                accessibilityLabel={t('dismissFor', { name })}
              >
                {textAt('activity.dismiss.action')}
              </Button>
            )}
          </InlineStack>
        </BlockStack>
      </Box>
      {bulk && <BulkDialog bulk={bulk} onClose={() => setBulk(null)} />}
    </li>
  );
}
