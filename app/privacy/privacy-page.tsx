import { Badge, BlockStack, Box, Button, Card, InlineStack, Link, Text, TextField } from '@shopify/polaris';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { aboutPerson } from '../../server/domain/wording/letters.ts';
import type { PrivacyItem, PrivacyList } from '../../server/features/privacy/api.ts';
import { call, download, withQuery } from '../api.ts';
import { showToast } from '../app-bridge.ts';
import { AppPage } from '../shell/app-page.tsx';
import { Confirm } from '../shell/confirm.tsx';
import { copyText } from '../shell/copy-text.ts';
import { Empty } from '../shell/empty.tsx';
import { Failure } from '../shell/failure.tsx';
import { Loading } from '../shell/loading.tsx';
import { NotYet } from '../shell/not-yet.tsx';
import { useFormat } from '../shell/shop.tsx';
import { useAction } from '../shell/use-action.ts';
import { say, textsOf } from '../texts.ts';
import { AuditCard } from './audit-card.tsx';
import { Looks } from './looks.tsx';

const t = textsOf('privacy');
const tones = { open: 'critical', ready: 'attention', done: 'success' } as const;

function Request({ item }: { item: PrivacyItem }) {
  const [asking, setAsking] = useState(false);
  const format = useFormat();
  const client = useQueryClient();
  const { id, kind, state, who } = item;
  const isLate = state !== 'done' && Date.parse(item.dueAt) < Date.now();
  const take = useAction({
    mutationFn: () => download(`/privacy-requests/${id}/export`, `data-request-${item.requestId}.json`),
  });
  const done = useAction({
    mutationFn: () => call('POST', `/privacy-requests/${id}/done`),
    onSuccess: async () => {
      showToast(t('marked'));
      await client.invalidateQueries({ queryKey: ['privacy'] });
      setAsking(false);
    },
  });
  // Of an erased person nothing is kept: only the merchant knows who it was.
  const unnamed = !who;
  const [person, setPerson] = useState('');
  const letter = unnamed && person.trim() !== '' ? aboutPerson(item.askText, [person.trim()]) : item.askText;
  const about = [who?.email, who?.phone, who?.customerId && t('customer', { id: who.customerId })]
    .filter(Boolean)
    .join(' · ');
  const due = format.date(item.dueAt);
  const when = [
    t('number', { id: item.requestId }),
    t('received', { day: format.date(item.receivedAt) }),
    item.doneAt ? t('doneAt', { day: format.date(item.doneAt) }) : t(isLate ? 'late' : 'due', { day: due }),
  ];
  return (
    <li>
      <Card>
        <BlockStack gap="300">
          <BlockStack gap="100">
            <InlineStack gap="200" blockAlign="center">
              <Text as="h2" variant="headingMd">
                {t(`kinds.${kind}`)}
              </Text>
              <Badge tone={isLate ? 'critical' : tones[state]}>{t(`states.${state}`)}</Badge>
            </InlineStack>
            <Text as="p" tone="subdued" breakWord>
              {when.join(' · ')}
            </Text>
          </BlockStack>
          {about && (
            <Text as="p" breakWord>
              <Text as="span" fontWeight="semibold">
                {t('who')}
              </Text>{' '}
              {about}
            </Text>
          )}
          <Text as="p">{say(item.text, format)}</Text>
          {state === 'open' && (
            <Text as="p">
              <Link url={`/activity/${id}`}>{t('event')}</Link>
            </Text>
          )}
          {take.error && <Failure error={take.error} onRetry={() => take.mutate()} />}
          {state !== 'done' && item.askText !== '' && (
            <details>
              <summary>{t('ask')}</summary>
              <Box paddingBlockStart="200">
                <BlockStack gap="200" inlineAlign="start">
                  <Text as="p" tone="subdued">
                    {t('askHelp')}
                  </Text>
                  {unnamed && (
                    <TextField
                      label={t('askPerson')}
                      helpText={t('askPersonHelp')}
                      value={person}
                      onChange={setPerson}
                      autoComplete="off"
                      maxLength={320}
                    />
                  )}
                  <Text as="p" breakWord>
                    <span style={{ whiteSpace: 'pre-wrap' }}>{letter}</span>
                  </Text>
                  <Button onClick={() => void copyText(letter)} disabled={unnamed && person.trim() === ''}>
                    {t('copy')}
                  </Button>
                </BlockStack>
              </Box>
            </details>
          )}
          <InlineStack gap="200">
            {kind === 'data_request' && state !== 'open' && who && (
              <Button
                variant={state === 'ready' ? 'primary' : 'secondary'}
                onClick={() => take.mutate()}
                loading={take.isPending}
              >
                {t('download')}
              </Button>
            )}
            {state !== 'done' && <Button onClick={() => setAsking(true)}>{t('done')}</Button>}
          </InlineStack>
        </BlockStack>
      </Card>
      {asking && (
        <Confirm
          title={t('confirm.title')}
          text={t(`confirm.${kind === 'redact' && state === 'open' ? 'redact_open' : kind}`)}
          action={t('done')}
          change={done}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
}

export function PrivacyPage() {
  const query = useInfiniteQuery({
    queryKey: ['privacy', 'list'],
    queryFn: ({ pageParam, signal }) =>
      call<PrivacyList>('GET', withQuery('/privacy-requests', { cursor: pageParam }), { signal }),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor,
  });
  const { data, fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const [first] = data?.pages ?? [];
  // One that was marked as done meanwhile may be on two pages.
  const items = [
    ...new Map(data?.pages.flatMap((page) => page.items.map((item) => [item.id, item] as const))).values(),
  ];
  return (
    <AppPage title={t('title')} subtitle={t('text')}>
      {!data ? (
        <NotYet query={query} loading={<Loading cards={[4, 4]} />} />
      ) : items.length === 0 ? (
        <Empty title={t('none')} text={t('noneText')} />
      ) : (
        <BlockStack gap="400">
          <BlockStack as="ul" gap="400">
            {items.map((item) => (
              <Request key={item.id} item={item} />
            ))}
          </BlockStack>
          {hasNextPage && (
            <InlineStack>
              <Button onClick={() => void fetchNextPage()} loading={isFetchingNextPage}>
                {t('more')}
              </Button>
            </InlineStack>
          )}
        </BlockStack>
      )}
      {first && <AuditCard newest={first.audit} />}
      {first && <Looks />}
    </AppPage>
  );
}
