import { BlockStack, Button, Card, InlineStack, Text } from '@shopify/polaris';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { Text as Said } from '../../server/domain/wording/text.ts';
import { overviewQuery } from '../overview/overview-query.ts';
import { CardHead } from '../shell/card-head.tsx';
import { Loading } from '../shell/loading.tsx';
import { useFormat } from '../shell/shop.tsx';
import { say, textsOf } from '../texts.ts';
import { heldUpBy } from './held-up-by.ts';

const t = textsOf('setup');

/** @param heldUp null: it isn't known whether anything holds up what is new */
function Ending({ heldUp, onClose }: { heldUp: readonly Said[] | null; onClose: () => void }) {
  const format = useFormat();
  const allSet = heldUp?.length === 0;
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => top.current?.focus(), []);
  return (
    <div ref={top} tabIndex={-1} style={{ outline: 'none' }}>
      <Card>
        <BlockStack gap="300">
          <CardHead title={t(allSet ? 'finished.title' : 'finished.stepsDone')} />
          {allSet && <Text as="p">{t('finished.text')}</Text>}
          {heldUp?.map((text) => (
            <Text as="p" key={text.code}>
              {say(text, format)}
            </Text>
          ))}
          <InlineStack gap="200">
            <Button variant="primary" onClick={onClose}>
              {t('finished.overview')}
            </Button>
            <Button url="/imports">{t('finished.import')}</Button>
            <Button url="/settings">{t('finished.settings')}</Button>
          </InlineStack>
        </BlockStack>
      </Card>
    </div>
  );
}

/** Says that all is sent only while nothing is known to hold it up. */
export function Finished({ onClose }: { onClose: () => void }) {
  const { data, error, isPending } = useQuery(overviewQuery);
  const heldUp = data && !error ? heldUpBy(data) : null;
  return isPending ? <Loading cards={[2]} /> : <Ending heldUp={heldUp} onClose={onClose} />;
}
