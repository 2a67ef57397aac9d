import { Banner, BlockStack, Button, TextField } from '@shopify/polaris';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Text } from '../../server/domain/wording/text.ts';
import { ApiError, call } from '../api.ts';
import { Failure } from '../shell/failure.tsx';
import { OnEnter } from '../shell/on-enter.tsx';
import { useFormat, useShop } from '../shell/shop.tsx';
import { say, textsOf } from '../texts.ts';

const t = textsOf('settings.connection');

/** `POST /api/test-record`. */
type Result = {
  outcome: 'accepted' | 'rejected' | 'connection_problem' | 'unreachable';
  status: number | null;
  ms: number;
  text: Text;
};

function Answer({ result }: { result: Result }) {
  const format = useFormat();
  if (result.outcome === 'accepted') {
    return <Banner tone="success" title={t('accepted', { ms: Math.round(result.ms) })} />;
  }
  return (
    <Banner tone="critical" title={t(`outcomes.${result.outcome}`)}>
      {say(result.text, format)}
    </Banner>
  );
}

/** Sends one marked contact to an address of the merchant's choice, and says what Ascent360 answered. */
export function TestRecord({ disabled = false, onAccepted }: { disabled?: boolean; onAccepted?: () => void }) {
  const client = useQueryClient();
  const shop = useShop();
  const format = useFormat();
  const [email, setEmail] = useState(shop.email ?? '');
  const send = useMutation({
    mutationFn: () => call<Result>('POST', '/test-record', { body: { email: email.trim() || null } }),
    onSuccess: async ({ outcome }) => {
      if (outcome === 'accepted') onAccepted?.();
      await client.invalidateQueries({ queryKey: ['overview'] });
    },
  });
  const faults = send.error instanceof ApiError && send.error.kind === 'refused' ? send.error.faults : [];
  const onEnter = () => {
    if (disabled) return false;
    if (!send.isPending) send.mutate();
    return true;
  };
  return (
    <BlockStack gap="300">
      <OnEnter onEnter={onEnter}>
        <TextField
          label={t('testTo')}
          type="email"
          value={email}
          onChange={setEmail}
          helpText={t('testText')}
          error={faults[0] ? say(faults[0].text, format) : false}
          autoComplete="email"
          disabled={disabled}
          connectedRight={
            <Button onClick={() => send.mutate()} loading={send.isPending} disabled={disabled}>
              {t('testButton')}
            </Button>
          }
        />
      </OnEnter>
      <div aria-live="polite">
        {send.data && <Answer result={send.data} />}
        {send.error && faults.length === 0 && <Failure error={send.error} onRetry={() => send.mutate()} />}
      </div>
    </BlockStack>
  );
}
