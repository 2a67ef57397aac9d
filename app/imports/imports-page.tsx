import { BlockStack, Box, Button, Card, ChoiceList, InlineStack, Text, TextField } from '@shopify/polaris';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call, get, isRefused } from '../api.ts';
import { navigate } from '../location.ts';
import { AppLink } from '../shell/app-link.tsx';
import { AppPage } from '../shell/app-page.tsx';
import { CardHead } from '../shell/card-head.tsx';
import { Empty } from '../shell/empty.tsx';
import { Failure } from '../shell/failure.tsx';
import { LoadingLines } from '../shell/loading.tsx';
import { useFormat } from '../shell/shop.tsx';
import { WhileReachable } from '../shell/stale.tsx';
import { useAction } from '../shell/use-action.ts';
import { say, textsOf } from '../texts.ts';
import { ImportBadge } from './import-badge.tsx';
import { type Import, lookAgain } from './import-types.ts';
import { nameOf } from './name-of.ts';
import { SinceField } from './since-field.tsx';

const t = textsOf('imports');
type Kind = Import['kind'];
/** Which customers: all, those with these ids, or those in a segment. */
type Which = 'all' | 'some' | 'segment';

/**
 * The id in a Shopify admin URL, `…/customers/123` or `…/customers/segments/123`. Anything else is
 * returned as typed, so that another page's URL isn't taken for an id.
 */
const idOf = (page: 'customers' | 'segments', typed: string) =>
  new RegExp(`/${page}/(\\d+)(?:[/?#].*)?$`).exec(typed.trim())?.[1] ?? typed.trim();

function NewImport() {
  const [kind, setKind] = useState<Kind>('customers');
  const [which, setWhich] = useState<Which>('all');
  const [from, setFrom] = useState('');
  const [ids, setIds] = useState('');
  const [segment, setSegment] = useState('');
  const named = kind === 'customers' && which !== 'all';
  const typedIds = ids.split(/[\s,;]+/).filter(Boolean);
  const asked = named
    ? which === 'some'
      ? { kind, customerIds: typedIds.map((typed) => idOf('customers', typed)) }
      : { kind, segmentId: idOf('segments', segment) }
    : { kind, ...(from && { from }) };
  const client = useQueryClient();
  const format = useFormat();
  const begin = useAction({
    mutationFn: () => call<Import>('POST', '/imports', { body: asked }),
    onSuccess: async () => await client.invalidateQueries({ queryKey: ['imports'] }),
  });
  // Whoever went to another page meanwhile stays there.
  const count = () => begin.mutate(undefined, { onSuccess: ({ id }) => void navigate(`/imports/${id}`) });
  const faults = isRefused(begin.error) ? begin.error.faults : [];
  /** An error about what was typed earlier doesn't apply to what is typed now. */
  const typing =
    <Value,>(set: (value: Value) => void) =>
    (value: Value) => {
      if (begin.isError) begin.reset();
      set(value);
    };
  const faultOf = (name: string) => {
    const found = faults.find(({ field }) => field?.split('.')[0] === name);
    if (!found) return {};
    if (name === 'segmentId')
      return { error: segment.trim() ? t('form.noSegmentId', { typed: segment.trim() }) : t('form.noSegment') };
    const place = name === 'customerIds' ? found.field?.split('.')[1] : undefined;
    const wrong = place === undefined ? undefined : typedIds[Number(place)];
    return { error: wrong === undefined ? say(found.text, format) : t('form.noCustomerId', { typed: wrong }) };
  };
  const beside = faults.some(({ field }) => /^(from|customerIds|segmentId)\b/.test(field ?? ''));
  return (
    <Card>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          count();
        }}
      >
        <BlockStack gap="400">
          <CardHead title={t('form.title')} />
          {begin.error && !beside && <Failure error={begin.error} />}
          <ChoiceList
            title={t('form.kind')}
            selected={[kind]}
            onChange={([chosen]) => typing(setKind)(chosen === 'orders' ? 'orders' : 'customers')}
            choices={[
              { value: 'customers', label: t('kinds.customers'), helpText: t('form.customersHelp') },
              { value: 'orders', label: t('kinds.orders'), helpText: t('form.ordersHelp') },
            ]}
          />
          {kind === 'customers' && (
            <ChoiceList
              title={t('form.which')}
              selected={[which]}
              onChange={([chosen]) => typing(setWhich)(chosen === 'some' || chosen === 'segment' ? chosen : 'all')}
              choices={[
                { value: 'all', label: t('form.all') },
                { value: 'some', label: t('form.some') },
                { value: 'segment', label: t('form.segment') },
              ]}
            />
          )}
          {named ? (
            which === 'some' ? (
              <TextField
                label={t('form.ids')}
                value={ids}
                onChange={typing(setIds)}
                autoComplete="off"
                multiline={3}
                helpText={t('form.idsHelp')}
                {...faultOf('customerIds')}
              />
            ) : (
              <TextField
                label={t('form.segmentId')}
                value={segment}
                onChange={typing(setSegment)}
                autoComplete="off"
                helpText={t('form.segmentHelp')}
                {...faultOf('segmentId')}
              />
            )
          ) : (
            <SinceField kind={kind} day={from} onChange={typing(setFrom)} {...faultOf('from')} />
          )}
          <InlineStack>
            <Button submit variant="primary" loading={begin.isPending}>
              {t('form.count')}
            </Button>
          </InlineStack>
        </BlockStack>
      </form>
    </Card>
  );
}

function ImportRow({ one }: { one: Import }) {
  const format = useFormat();
  const { done, total, pausedAt } = one;
  return (
    <li>
      <AppLink url={`/imports/${one.id}`} className="row-link">
        <InlineStack gap="200" blockAlign="center">
          <Text as="span" fontWeight="semibold">
            {nameOf(one, format)}
          </Text>
          <ImportBadge state={one.state} />
        </InlineStack>
        <Text as="p" tone="subdued" variant="bodySm">
          {t('begun', { moment: format.moment(one.createdAt ?? '') })}
          {one.startedAt !== null && ` · ${t('progress.of', { done, total })}`}
          {pausedAt !== null && ` · ${t('pausedSince', { moment: format.moment(pausedAt) })}`}
        </Text>
        <WhileReachable>
          {one.waits.map(({ reason, text }) => (
            <Text key={reason} as="p" variant="bodySm">
              {say(text, format)}
            </Text>
          ))}
        </WhileReachable>
      </AppLink>
    </li>
  );
}

export function ImportsPage() {
  const { data, error, refetch } = useQuery({
    queryKey: ['imports', 'list'],
    queryFn: get<{ items: Import[] }>('/imports'),
    refetchInterval: ({ state }) => lookAgain(state.data?.items ?? []),
  });
  return (
    <AppPage title={t('title')} subtitle={t('text')}>
      <BlockStack gap="400">
        <NewImport />
        {error && !data ? (
          <Failure error={error} onRetry={() => void refetch()} />
        ) : (
          <Card padding="0">
            {!data ? (
              <Box padding="400">
                <LoadingLines lines={4} />
              </Box>
            ) : data.items.length === 0 ? (
              <Empty title={t('none')} text={t('noneText')} />
            ) : (
              <ul className="plain-list" aria-label={t('list')}>
                {data.items.map((one) => (
                  <ImportRow key={one.id} one={one} />
                ))}
              </ul>
            )}
          </Card>
        )}
      </BlockStack>
    </AppPage>
  );
}
