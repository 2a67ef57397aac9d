import { BlockStack, Box, Button, Card, InlineStack, Link, Text } from '@shopify/polaris';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { AccessLog } from '../../server/features/privacy/access-log.ts';
import { get } from '../api.ts';
import { CardHead } from '../shell/card-head.tsx';
import { LoadingLines } from '../shell/loading.tsx';
import { NotYet } from '../shell/not-yet.tsx';
import { useFormat } from '../shell/shop.tsx';
import { staffName } from '../shell/staff-name.ts';
import { textIf, textsOf } from '../texts.ts';

const t = textsOf('privacy.looks');
const AT_FIRST = 10;

/** `about`: null if a list was viewed. */
type Look = AccessLog['items'][number];

/** The page of what was viewed, for kinds that have one. */
const pageOf: Record<string, (id: string) => string> = {
  event: (id) => `/activity/${id}`,
  person: (id) => `/people/${id}`,
};

function LookRow({ look, you }: { look: Look; you: string }) {
  const format = useFormat();
  const what = textIf(`privacy.looks.what.${look.what}`) ?? look.what;
  const url = look.about === null ? undefined : pageOf[look.what]?.(look.about);
  return (
    <li>
      <Text as="p" breakWord>
        <Text as="span" tone="subdued">
          <time dateTime={look.at}>{format.moment(look.at)}</time>
        </Text>{' '}
        · {staffName(look.who, you)} · {url ? <Link url={url}>{what}</Link> : what}
      </Text>
    </li>
  );
}

/** Who viewed personal data in the app. */
export function Looks() {
  const [all, setAll] = useState(false);
  const query = useQuery({ queryKey: ['privacy', 'looks'], queryFn: get<AccessLog>('/access-log') });
  const { data } = query;
  const items = data?.items ?? [];
  const hidden = all ? 0 : Math.max(0, items.length - AT_FIRST);
  return (
    <Box paddingBlockStart="400">
      <Card>
        <BlockStack gap="300">
          <CardHead title={t('title')} text={t('text')} />
          {!data ? (
            <NotYet query={query} loading={<LoadingLines lines={3} />} />
          ) : items.length === 0 ? (
            <Text as="p">{t('none')}</Text>
          ) : (
            <BlockStack as="ul" gap="100">
              {(hidden > 0 ? items.slice(0, AT_FIRST) : items).map((look) => (
                <LookRow key={`${look.at} ${look.who} ${look.what} ${look.about ?? ''}`} look={look} you={data.you} />
              ))}
            </BlockStack>
          )}
          {hidden > 0 && (
            <InlineStack>
              <Button onClick={() => setAll(true)}>{t('more', { count: hidden })}</Button>
            </InlineStack>
          )}
        </BlockStack>
      </Card>
    </Box>
  );
}
