import { Badge, BlockStack, Box, Card, InlineStack, Text } from '@shopify/polaris';
import { useQuery } from '@tanstack/react-query';
import type { PersonItem } from '../../server/features/people/api.ts';
import { get, withQuery } from '../api.ts';
import { AppLink } from '../shell/app-link.tsx';
import { AppPage } from '../shell/app-page.tsx';
import { Empty } from '../shell/empty.tsx';
import { Failure } from '../shell/failure.tsx';
import { LoadingLines } from '../shell/loading.tsx';
import { SearchForm, useSearched } from '../shell/search-form.tsx';
import { useFormat } from '../shell/shop.tsx';
import { textAt, textsOf } from '../texts.ts';
import { noteSearch } from './last-search.ts';
import { nameOf } from './name-of.ts';

const t = textsOf('people');

function PersonRow({ person }: { person: PersonItem }) {
  const format = useFormat();
  const reachable = [person.email, person.mobile ?? person.phone].filter(Boolean).join(' · ');
  return (
    <li>
      <AppLink url={`/people/${person.id}`} className="row-link">
        <InlineStack gap="200" blockAlign="center">
          <Text as="span" fontWeight="semibold">
            {nameOf(person)}
          </Text>
          {person.customerId === null && <Badge>{t('guest')}</Badge>}
          {person.deletedAt && <Badge tone="warning">{t('deleted')}</Badge>}
        </InlineStack>
        {reachable !== '' && (
          <Text as="p" breakWord>
            {reachable}
          </Text>
        )}
        <Text as="p" tone="subdued" variant="bodySm">
          {[
            person.customerId && t('facts.numbered', { id: person.customerId }),
            t('facts.seenSince', { day: format.date(person.seenAt) }),
          ]
            .filter(Boolean)
            .join(' · ')}
        </Text>
      </AppLink>
    </li>
  );
}

function Found({ q }: { q: string }) {
  const { data, error, refetch } = useQuery({
    queryKey: ['people', 'search', q],
    queryFn: get<{ items: PersonItem[] }>(withQuery('/people', { q })),
  });
  if (error && !data) return <Failure error={error} onRetry={() => void refetch()} />;
  return (
    <Card padding="0">
      <div aria-live="polite">
        {data && (
          <Text as="p" visuallyHidden>
            {t('search.found', { count: data.items.length })}
          </Text>
        )}
      </div>
      {!data ? (
        <Box padding="400">
          <LoadingLines lines={3} />
        </Box>
      ) : data.items.length === 0 ? (
        <Empty
          title={t('search.none')}
          text={t('search.noneText')}
          action={{ content: t('search.toImports'), url: '/imports' }}
        />
      ) : (
        <ul className="plain-list" aria-label={t('search.list')}>
          {data.items.map((person) => (
            <PersonRow key={person.id} person={person} />
          ))}
        </ul>
      )}
    </Card>
  );
}

export function PeoplePage() {
  const q = useSearched();
  noteSearch(q);
  return (
    <AppPage
      title={t('title')}
      subtitle={t('text')}
      secondaryActions={[{ content: textAt('consent.title'), url: withQuery('/people/consent', { q }) }]}
    >
      <BlockStack gap="400">
        <SearchForm path="/people" label={t('search.label')} help={t('search.help')} action={t('search.button')} />
        {q === '' ? <Empty title={t('search.start')} text={t('search.startText')} /> : <Found q={q} />}
      </BlockStack>
    </AppPage>
  );
}
