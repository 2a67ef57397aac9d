import { Badge, Banner, BlockStack, Button, Divider, InlineStack, Select, Text, TextField } from '@shopify/polaris';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../api.ts';
import { showToast } from '../app-bridge.ts';
import { overviewQuery } from '../overview/overview-query.ts';
import { Confirm } from '../shell/confirm.tsx';
import { useFormat } from '../shell/shop.tsx';
import { WhileReachable } from '../shell/stale.tsx';
import { useAction } from '../shell/use-action.ts';
import { say, textAt, textsOf } from '../texts.ts';
import type { SettingsAnswer } from './draft.ts';
import { OtherAccount } from './other-account.tsx';
import { Section } from './section.tsx';
import { TestRecord } from './test-record.tsx';
import { firstTestKey, type SettingsForm, settingsQuery } from './use-settings-form.ts';

const t = textsOf('settings.connection');

/** Pausing and disconnecting take effect at once, on the saved settings. */
function Actions({ form }: { form: SettingsForm }) {
  const [asking, setAsking] = useState(false);
  const client = useQueryClient();
  const { paused } = form.saved;
  const remove = useAction({
    mutationFn: () => call<SettingsAnswer>('DELETE', '/settings/guid'),
    onSuccess: async (answer) => {
      client.setQueryData(settingsQuery.queryKey, answer);
      form.discard();
      client.removeQueries({ queryKey: firstTestKey });
      setAsking(false);
      showToast(t('disconnected'));
      await client.invalidateQueries();
    },
  });
  return (
    <BlockStack gap="200">
      <InlineStack gap="200">
        {/** A failure is shown at the top of the page, as for saving. */}
        <Button onClick={() => form.pause(!paused)} loading={form.saving} disabled={form.dirty}>
          {paused ? t('resume') : t('pause')}
        </Button>
        <Button tone="critical" onClick={() => setAsking(true)} disabled={form.dirty}>
          {t('disconnect')}
        </Button>
      </InlineStack>
      {form.dirty && (
        <Text as="p" tone="subdued">
          {t('actionsWithUnsaved')}
        </Text>
      )}
      {asking && (
        <Confirm
          title={t('disconnectTitle')}
          text={t('disconnectText')}
          action={t('disconnect')}
          destructive
          change={remove}
          onClose={() => setAsking(false)}
        />
      )}
    </BlockStack>
  );
}

/** Where the overview leads if Ascent360 refuses the GUID: what is wrong, and what to do. */
function Refusal() {
  const format = useFormat();
  const { data } = useQuery({ ...overviewQuery, refetchInterval: false });
  const problem = data?.problems.find(({ kind }) => kind === 'connection_problem');
  if (!problem) return null;
  return (
    <Banner tone="critical" title={textAt('overview.connection.problem')}>
      <BlockStack gap="100">
        <Text as="p">{say(problem.text, format)}</Text>
        <Text as="p">{textAt('activity.event.steps.connection_problem')}</Text>
      </BlockStack>
    </Banner>
  );
}

export function ConnectionSection({ form }: { form: SettingsForm }) {
  const { saved, draft, faults, change } = form;
  const connected = saved.guidLast4 !== null;
  return (
    <Section id="connection">
      <InlineStack gap="200" blockAlign="center">
        <Text as="p">
          {connected ? textAt('setup.connect.done', { last4: saved.guidLast4 ?? '' }) : t('notConnected')}
        </Text>
        <WhileReachable>
          {saved.paused && <Badge tone="attention">{textAt('settings.fields.paused')}</Badge>}
        </WhileReachable>
      </InlineStack>
      <WhileReachable>{connected && <Refusal />}</WhileReachable>
      <TextField
        label={connected ? t('replace') : textAt('settings.fields.guid')}
        value={draft.guid}
        onChange={(guid) => change({ guid })}
        helpText={connected ? t('replaceHelp') : t('guidHelp')}
        error={faults.of('guid')}
        autoComplete="off"
        spellCheck={false}
        monospaced
      />
      <OtherAccount saved={saved} draft={draft} onChange={(newAccount) => change({ newAccount })} />
      <Select
        label={textAt('settings.fields.format')}
        options={[
          { value: 'json', label: t('formats.json') },
          { value: 'xml', label: t('formats.xml') },
        ]}
        value={draft.format}
        onChange={(chosen) => change({ format: chosen === 'xml' ? 'xml' : 'json' })}
        helpText={t('formatHelp')}
        error={faults.of('format')}
      />
      {connected && (
        <>
          <Divider />
          <Text as="h3" variant="headingSm">
            {t('test')}
          </Text>
          {/** Somebody else may save another GUID meanwhile: an answer to this one says nothing about that. */}
          <TestRecord key={saved.guidLast4} disabled={form.dirty} />
          <Divider />
          <Actions form={form} />
        </>
      )}
    </Section>
  );
}
