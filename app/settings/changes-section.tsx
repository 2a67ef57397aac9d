import { BlockStack, Button, Text } from '@shopify/polaris';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { SettingChange } from '../../server/store/shops/setting-changes.ts';
import { call } from '../api.ts';
import { Failure } from '../shell/failure.tsx';
import { LoadingLines } from '../shell/loading.tsx';
import { useFormat } from '../shell/shop.tsx';
import { textsOf } from '../texts.ts';
import { describeValue } from './describe-value.ts';
import { nameOf } from './draft.ts';
import { Section } from './section.tsx';

const t = textsOf('settings');
const FIRST = 10;

type Change = Omit<SettingChange, 'at'> & { at: string };

function Entry({ change }: { change: Change }) {
  const format = useFormat();
  const { at, who, field, oldValue, newValue } = change;
  return (
    <li style={{ listStyle: 'none', overflowWrap: 'anywhere' }}>
      <Text as="p">
        <Text as="span" fontWeight="semibold">
          {nameOf(field)}
        </Text>
        {' · '}
        {t('changes.changed', { from: describeValue(field, oldValue), to: describeValue(field, newValue) })}
      </Text>
      <Text as="p" tone="subdued" variant="bodySm">
        {format.moment(at)} · {t('changes.by', { who })}
      </Text>
    </li>
  );
}

export function ChangesSection() {
  const [all, setAll] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ['setting-changes'],
    queryFn: ({ signal }) => call<{ items: Change[] }>('GET', '/settings/changes', { signal }),
  });
  const shown = all ? data?.items : data?.items.slice(0, FIRST);
  return (
    <Section id="changes">
      {error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : !shown ? (
        <LoadingLines lines={3} />
      ) : shown.length === 0 ? (
        <Text as="p" tone="subdued">
          {t('changes.none')}
        </Text>
      ) : (
        <BlockStack as="ul" gap="300">
          {shown.map((change) => (
            <Entry key={`${change.at} ${change.field}`} change={change} />
          ))}
        </BlockStack>
      )}
      {!all && data && data.items.length > FIRST && (
        <Button variant="plain" onClick={() => setAll(true)}>
          {t('changes.all')}
        </Button>
      )}
    </Section>
  );
}
