import { Banner, BlockStack, Button, Text, TextField } from '@shopify/polaris';
import { useEffect, useState } from 'react';
import type { TestRecordAnswer } from '../../server/features/settings/api.ts';
import { call, isRefused } from '../api.ts';
import { useSetup } from '../setup/use-setup.ts';
import { Failure } from '../shell/failure.tsx';
import { useFormat, useShop } from '../shell/shop.tsx';
import { useAction } from '../shell/use-action.ts';
import { useEnter } from '../shell/use-enter.ts';
import { say, textsOf } from '../texts.ts';

const t = textsOf('settings.connection');

/** What Ascent360 answered, and what to do if it refused. */
export function TestAnswer({ result }: { result: TestRecordAnswer }) {
  const format = useFormat();
  const { outcome } = result;
  if (outcome === 'accepted') {
    return (
      <Banner tone="success" title={t('acceptedAt', { time: format.time(result.at) })}>
        {t('acceptedNext')}
      </Banner>
    );
  }
  return (
    <Banner tone="critical" title={t(`outcomes.${outcome}`)}>
      <BlockStack gap="100">
        <Text as="p">{say(result.text, format)}</Text>
        <Text as="p">{t(`todo.${outcome}`)}</Text>
      </BlockStack>
    </Banner>
  );
}

/** Sends the marked test record with the saved settings. */
export const sendTestRecord = (email: string) =>
  call<TestRecordAnswer>('POST', '/test-record', { body: { email: email.trim() || null } });

/** Sends one marked contact to an address the merchant chooses, and shows Ascent360's answer. */
export function TestRecord({ disabled = false, onAccepted }: { disabled?: boolean; onAccepted?: () => void }) {
  const shop = useShop();
  const format = useFormat();
  const [email, setEmail] = useState(shop.email ?? '');
  const { markDone } = useSetup();
  const send = useAction({ mutationFn: () => sendTestRecord(email) });
  const begin = () =>
    send.mutate(undefined, {
      onSuccess: ({ outcome }) => {
        if (outcome !== 'accepted') return;
        onAccepted?.();
        markDone('test');
      },
    });
  const { reset } = send;
  // An answer is about the settings it was sent with: it goes once they are being changed.
  useEffect(() => {
    if (disabled) reset();
  }, [disabled, reset]);
  const faults = isRefused(send.error) ? send.error.faults : [];
  const id = useEnter(() => {
    if (disabled) return false;
    begin();
    return true;
  });
  return (
    <BlockStack gap="300">
      <TextField
        id={id}
        label={t('testTo')}
        type="email"
        value={email}
        onChange={(typed) => {
          // What was wrong with another address says nothing about this one.
          if (faults.length > 0) reset();
          setEmail(typed);
        }}
        helpText={t('testText')}
        error={faults[0] ? say(faults[0].text, format) : false}
        autoComplete="email"
        disabled={disabled}
        connectedRight={
          <Button onClick={begin} loading={send.isPending} disabled={disabled}>
            {t('testButton')}
          </Button>
        }
      />
      <div aria-live="polite">
        {send.data && <TestAnswer result={send.data} />}
        {send.error && faults.length === 0 && <Failure error={send.error} onRetry={begin} />}
      </div>
    </BlockStack>
  );
}
