import { Checkbox, TextField } from '@shopify/polaris';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { TestRecordAnswer } from '../../server/features/settings/api.ts';
import { sendTestRecord, TestAnswer } from '../settings/test-record.tsx';
import { Failure } from '../shell/failure.tsx';
import { useShop } from '../shell/shop.tsx';
import { textsOf } from '../texts.ts';

const t = textsOf('setup.connect');

/**
 * The test record that proves the connection, sent right after saving the GUID unless the merchant
 * unticks it.
 */
export type FirstTest = {
  email: string;
  wanted: boolean;
  sending: boolean;
  change(part: { email?: string; wanted?: boolean }): void;
  /** @returns whether it was sent and accepted; keeps the answer for `FirstTestResult` */
  send(): Promise<boolean>;
};

const resultKey = ['first-test'];
type Kept = { answer: TestRecordAnswer } | { error: unknown } | null;

export function useFirstTest(): FirstTest {
  const shop = useShop();
  const client = useQueryClient();
  const [asked, setAsked] = useState({ email: shop.email ?? '', wanted: true });
  const post = useMutation({ mutationFn: sendTestRecord });
  const send = async () => {
    // What was answered with another GUID says nothing about this one.
    client.setQueryData<Kept>(resultKey, null);
    if (!asked.wanted || asked.email.trim() === '') return false;
    const kept = await post.mutateAsync(asked.email).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );
    client.setQueryData<Kept>(resultKey, kept);
    await client.invalidateQueries({ queryKey: ['overview'] });
    return 'answer' in kept && kept.answer.outcome === 'accepted';
  };
  return {
    ...asked,
    sending: post.isPending,
    change: (part) => setAsked((before) => ({ ...before, ...part })),
    send,
  };
}

export function FirstTestField({ test }: { test: FirstTest }) {
  const { email } = useShop();
  if (email === null) {
    return (
      <TextField
        label={t('testTo')}
        type="email"
        value={test.email}
        onChange={(changed) => test.change({ email: changed })}
        helpText={t('testToHelp')}
        autoComplete="email"
      />
    );
  }
  return (
    <Checkbox
      label={t('withTest', { email })}
      helpText={t('withTestHelp')}
      checked={test.wanted}
      onChange={(wanted) => test.change({ wanted })}
    />
  );
}

/** Ascent360's answer to it, for as long as the document lives. */
export function FirstTestResult() {
  const kept = useQueryClient().getQueryData<Kept>(resultKey);
  if (!kept) return null;
  return (
    <div aria-live="polite">
      {'answer' in kept ? <TestAnswer result={kept.answer} /> : <Failure error={kept.error} />}
    </div>
  );
}
