import { Banner, Checkbox, TextField } from '@shopify/polaris';
import { skipToken, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { TestRecordAnswer } from '../../server/features/settings/api.ts';
import { isRefused } from '../api.ts';
import type { SettingsAnswer } from '../settings/draft.ts';
import { sendTestRecord, TestAnswer } from '../settings/test-record.tsx';
import { firstTestKey, settingsQuery } from '../settings/use-settings-form.ts';
import { Failure } from '../shell/failure.tsx';
import { useFormat, useShop } from '../shell/shop.tsx';
import { useAction } from '../shell/use-action.ts';
import { say, textsOf } from '../texts.ts';

const t = textsOf('setup.connect');

/**
 * The test record that proves the connection, sent right after saving the GUID unless the merchant
 * unticks it.
 */
type FirstTest = {
  email: string;
  /** The store's own address, if it was known as this was asked; otherwise the merchant types one. */
  owner: string | null;
  wanted: boolean;
  sending: boolean;
  change(part: { email?: string; wanted?: boolean }): void;
  /** @returns whether it was sent and accepted; keeps the answer for `FirstTestResult` */
  send(): Promise<boolean>;
};

type Kept = { answer: TestRecordAnswer } | { error: unknown };

export function useFirstTest(): FirstTest {
  const shop = useShop();
  const client = useQueryClient();
  const [asked, setAsked] = useState({ email: shop.email ?? '', owner: shop.email, wanted: true });
  const post = useAction({ mutationFn: sendTestRecord });
  const lastFour = () => client.getQueryData<SettingsAnswer>(settingsQuery.queryKey)?.guidLast4 ?? null;
  const send = async () => {
    if (!asked.wanted || asked.email.trim() === '') return false;
    // An answer says nothing about another GUID that is saved meanwhile, here or by somebody else.
    const guid = lastFour();
    const kept = await post.mutateAsync(asked.email)?.then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );
    if (!kept || lastFour() !== guid) return false;
    client.setQueryData<Kept>([...firstTestKey, guid], kept);
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
  const { owner } = test;
  if (owner === null) {
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
      label={t('withTest', { email: owner })}
      helpText={t('withTestHelp')}
      checked={test.wanted}
      onChange={(wanted) => test.change({ wanted })}
    />
  );
}

/** The GUID is saved: if something can't be accepted, it is the test record's address. */
function NotTested({ error }: { error: unknown }) {
  const format = useFormat();
  if (!isRefused(error)) return <Failure error={error} />;
  return (
    <Banner tone="warning" title={t('notTested')}>
      {error.faults.map((fault) => say(fault.text, format)).join(' ')}
    </Banner>
  );
}

/** Ascent360's answer to it, until the GUID is another or none. */
export function FirstTestResult({ saved }: { saved: SettingsAnswer }) {
  const { data: kept } = useQuery<Kept>({
    queryKey: [...firstTestKey, saved.guidLast4],
    queryFn: skipToken,
    gcTime: Infinity,
  });
  if (!kept) return null;
  return (
    <div aria-live="polite">
      {'answer' in kept ? <TestAnswer result={kept.answer} /> : <NotTested error={kept.error} />}
    </div>
  );
}
