import { Badge, Banner, BlockStack, Card, InlineGrid, Link, Text } from '@shopify/polaris';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { PersonDetail } from '../../server/features/people/api.ts';
import { isUnderWay } from '../activity/under-way.ts';
import { call, download, get, withQuery } from '../api.ts';
import { showToast } from '../app-bridge.ts';
import { navigate } from '../location.ts';
import { AppPage } from '../shell/app-page.tsx';
import { CardHead } from '../shell/card-head.tsx';
import { Confirm } from '../shell/confirm.tsx';
import { Facts } from '../shell/facts.tsx';
import { Failure } from '../shell/failure.tsx';
import { Loading } from '../shell/loading.tsx';
import { NotYet } from '../shell/not-yet.tsx';
import { useFormat } from '../shell/shop.tsx';
import { textAt, textsOf } from '../texts.ts';
import { ConsentCard } from './consent-card.tsx';
import { lastSearch } from './last-search.ts';
import { nameOf } from './name-of.ts';
import { Timeline } from './timeline.tsx';
import './people.css';
import { useAction } from '../shell/use-action.ts';

const t = textsOf('people');
/** More are counted first. */
const MOST_TAGS = 10;
/** How often a person is refreshed while something about them is on its way, in milliseconds. */
const LOOK_AGAIN = 3000;

const hasUnfinished = (person: PersonDetail | undefined) =>
  person?.timeline.some((entry) => entry.kind === 'delivery' && isUnderWay(entry.state)) ?? false;

/** What finds exactly this person. */
const searchOf = ({ customerId, email, mobile, phone, consent }: PersonDetail) =>
  customerId ?? email ?? mobile ?? phone ?? consent.email.address ?? consent.sms.address;

function About({ person }: { person: PersonDetail }) {
  const format = useFormat();
  const { email, mobile, phone, customerId, seenAt, deletedAt, read } = person;
  const inShopify = !deletedAt && (
    <Link url={`shopify://admin/customers/${customerId}`} target="_top">
      {t('facts.inShopify')}
    </Link>
  );
  return (
    <Card>
      <BlockStack gap="200">
        <CardHead title={t('facts.title')} />
        <Facts
          rows={[
            [t('facts.email'), email],
            [t('facts.mobile'), mobile],
            [t('facts.phone'), phone],
            [
              t('facts.customerId'),
              customerId && (
                <>
                  {customerId} {inShopify}
                </>
              ),
            ],
            [t('facts.tags'), read.tags.length <= MOST_TAGS && read.tags.join(', ')],
            ...Object.entries(read.metafields).map(([key, values]) => [key, values.join(', ')] as const),
            [t('facts.dataSale'), read.dataSaleOptOut && t('facts.dataSaleOptOut')],
            [t('facts.seen'), format.date(seenAt)],
            [t('deleted'), deletedAt && format.moment(deletedAt)],
          ]}
        />
        {read.tags.length > MOST_TAGS && (
          <details>
            <summary>{t('facts.manyTags', { count: read.tags.length })}</summary>
            <Text as="p" breakWord>
              {read.tags.join(', ')}
            </Text>
          </details>
        )}
      </BlockStack>
    </Card>
  );
}

export function PersonPage({ id }: { id: string }) {
  const [asking, setAsking] = useState(false);
  const client = useQueryClient();
  const query = useQuery({
    queryKey: ['people', 'one', id],
    queryFn: get<PersonDetail>(`/people/${encodeURIComponent(id)}`),
    refetchInterval: ({ state }) => (hasUnfinished(state.data) ? LOOK_AGAIN : false),
  });
  const { data: person, error } = query;
  const send = useAction({
    mutationFn: () => call('POST', `/people/${id}/send`),
    onSuccess: async () => {
      showToast(t('send.done'));
      setAsking(false);
      await client.invalidateQueries();
    },
  });
  const take = useAction({ mutationFn: () => download(`/people/${id}/export`, 'customer.json') });
  const back = { content: t('title'), url: lastSearch() };
  if (!person) {
    return (
      <AppPage title={t('title')} backAction={back}>
        <NotYet query={query} loading={<Loading cards={[4, 4, 8]} />} />
      </AppPage>
    );
  }
  return (
    <AppPage
      title={nameOf(person)}
      {...(person.deletedAt && { titleMetadata: <Badge tone="warning">{t('deleted')}</Badge> })}
      backAction={back}
      {...(!person.deletedAt &&
        !person.damaged && { primaryAction: { content: t('send.action'), onAction: () => setAsking(true) } })}
      secondaryActions={[
        {
          content: textAt('consent.title'),
          onAction: () => void navigate(withQuery('/people/consent', { q: searchOf(person) })),
        },
        { content: t('export'), onAction: () => take.mutate(), loading: take.isPending },
      ]}
    >
      <BlockStack gap="400">
        {error && <Failure error={error} onRetry={() => void query.refetch()} withData />}
        {take.error && <Failure error={take.error} onRetry={() => take.mutate()} />}
        {person.damaged && <Banner tone="warning">{t('damaged')}</Banner>}
        <InlineGrid columns={{ xs: 1, md: 2 }} gap="400">
          <ConsentCard channel="email" consent={person.consent.email} canBeSent={!person.damaged} />
          <ConsentCard channel="sms" consent={person.consent.sms} canBeSent={!person.damaged} />
        </InlineGrid>
        <About person={person} />
        <Timeline person={person} />
      </BlockStack>
      {asking && (
        <Confirm
          title={t('send.title')}
          text={t('send.text')}
          action={t('send.action')}
          change={send}
          onClose={() => setAsking(false)}
        />
      )}
    </AppPage>
  );
}
