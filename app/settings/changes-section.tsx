import { BlockStack, Button, Text } from '@shopify/polaris';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { SettingChanges } from '../../server/features/settings/api.ts';
import { get } from '../api.ts';
import { LoadingLines } from '../shell/loading.tsx';
import { NotYet } from '../shell/not-yet.tsx';
import { useFormat } from '../shell/shop.tsx';
import { staffName } from '../shell/staff-name.ts';
import { textsOf } from '../texts.ts';
import { describeValue } from './describe-value.ts';
import { nameOf } from './draft.ts';
import { Section } from './section.tsx';

const t = textsOf('settings');
const FIRST = 10;

type Change = SettingChanges['items'][number];

function Entry({ change, you }: { change: Change; you: string }) {
  const format = useFormat();
  const { at, who, field, oldValue, newValue } = change;
  return (
    <li>
      <Text as="p" breakWord>
        <Text as="span" fontWeight="semibold">
          {nameOf(field)}
        </Text>
        {' · '}
        {t('changes.changed', { from: describeValue(field, oldValue), to: describeValue(field, newValue) })}
      </Text>
      <Text as="p" tone="subdued" variant="bodySm">
        {format.moment(at)} · {staffName(who, you)}
      </Text>
    </li>
  );
}

export function ChangesSection() {
  const [all, setAll] = useState(false);
  const query = useQuery({ queryKey: ['setting-changes'], queryFn: get<SettingChanges>('/settings/changes') });
  const { data } = query;
  return (
    <Section id="changes">
      {!data ? (
        <NotYet query={query} loading={<LoadingLines lines={3} />} />
      ) : data.items.length === 0 ? (
        <Text as="p" tone="subdued">
          {t('changes.none')}
        </Text>
      ) : (
        <BlockStack as="ul" gap="300">
          {(all ? data.items : data.items.slice(0, FIRST)).map((change) => (
            <Entry key={`${change.at} ${change.field}`} change={change} you={data.you} />
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
