import { BlockStack, Card } from '@shopify/polaris';
import { useQuery } from '@tanstack/react-query';
import type { PersonDetail, PersonItem } from '../../server/features/people/api.ts';
import { call, withQuery } from '../api.ts';
import { lastSearch } from '../people/last-search.ts';
import { AppPage } from '../shell/app-page.tsx';
import { Empty } from '../shell/empty.tsx';
import { LoadingLines } from '../shell/loading.tsx';
import { NotYet } from '../shell/not-yet.tsx';
import { SearchForm, useSearched } from '../shell/search-form.tsx';
import { textAt, textsOf } from '../texts.ts';
import { Sheet } from './sheet.tsx';

const t = textsOf('consent');

/** Everybody who has this address or number now or had it, with what is known of each. */
async function findAll(q: string, signal: AbortSignal): Promise<PersonDetail[]> {
  const { items } = await call<{ items: PersonItem[] }>('GET', withQuery('/people', { q }), { signal });
  const found: PersonDetail[] = [];
  for (const { id } of items) found.push(await call<PersonDetail>('GET', `/people/${id}`, { signal }));
  return found;
}

const useFound = (q: string) =>
  useQuery({
    queryKey: ['people', 'consent', q],
    queryFn: ({ signal }) => findAll(q, signal),
    staleTime: 0,
    enabled: q !== '',
  });

function Found({ query }: { query: ReturnType<typeof useFound> }) {
  const { data, dataUpdatedAt } = query;
  if (!data) {
    return (
      <NotYet
        query={query}
        loading={
          <Card>
            <LoadingLines lines={12} />
          </Card>
        }
      />
    );
  }
  if (data.length === 0) return <Empty title={t('nobody')} text={t('nobodyText')} />;
  const at = new Date(dataUpdatedAt).toISOString();
  return data.map((person) => <Sheet key={person.id} person={person} at={at} />);
}

/** An answer to "what did this person agree to?": one page for an email address, a phone number or a customer ID. */
export function ConsentPage() {
  const q = useSearched();
  const found = useFound(q);
  const print = { content: t('print'), onAction: () => window.print(), disabled: !found.data?.length };
  return (
    <AppPage
      title={t('title')}
      subtitle={t('text')}
      backAction={{ content: textAt('people.title'), url: lastSearch() }}
      {...(q !== '' && { primaryAction: print })}
    >
      <BlockStack gap="400">
        <div className="not-printed">
          <SearchForm path="/people/consent" label={t('label')} action={t('show')} />
        </div>
        {q !== '' && <Found query={found} />}
      </BlockStack>
    </AppPage>
  );
}
