import { Badge, BlockStack, Button, Card, InlineStack, Link, Text } from '@shopify/polaris';
import { useQueryClient } from '@tanstack/react-query';
import { call } from '../api.ts';
import { showToast } from '../app-bridge.ts';
import type { Format } from '../locale.ts';
import { Failure } from '../shell/failure.tsx';
import { Fleeting } from '../shell/fleeting.tsx';
import { useFormat } from '../shell/shop.tsx';
import { useAction } from '../shell/use-action.ts';
import { say, textAt, textsOf } from '../texts.ts';
import type { Overview } from './overview-query.ts';

const t = textsOf('overview');

type Connection = Overview['connection'];

const tones = {
  not_connected: 'attention',
  unproven: 'attention',
  down: 'attention',
  connected: 'success',
  paused: 'attention',
  problem: 'critical',
  uninstalled: 'critical',
} as const;

/** How we know the state, and since when. */
function evidenceOf({ state, since, provenAt, seen }: Connection, format: Format, at: number): string[] {
  const parts: string[] = [];
  if (state === 'connected' && since && provenAt) {
    parts.push(t('evidence.connected', { at: format.moment(since), ago: format.since(provenAt, at) }));
  } else if (since) {
    parts.push(t(`evidence.${state === 'connected' ? 'unproven' : state}`, { at: format.moment(since) }));
  }
  if (seen && seen.answer !== 'later') {
    parts.push(t(seen.answer === 'yes' ? 'evidence.seenYes' : 'evidence.seenNo', { at: format.date(seen.at) }));
  }
  return parts;
}

/**
 * Only the merchant knows whether the record arrived in Ascent360. Asked once, a day after the
 * first acceptance.
 */
function SeenQuestion({ since }: { since: string }) {
  const client = useQueryClient();
  const format = useFormat();
  const save = useAction({
    mutationFn: (answer: 'yes' | 'no' | 'later') => call('PUT', '/seen', { body: { answer } }),
    onSuccess: async () => {
      showToast(t('seen.saved'));
      await client.invalidateQueries({ queryKey: ['overview'] });
    },
  });
  const button = (answer: 'yes' | 'no' | 'later') => (
    <Button
      variant={({ yes: 'primary', no: 'secondary', later: 'plain' } as const)[answer]}
      loading={save.isPending && save.variables === answer}
      onClick={() => save.mutate(answer)}
    >
      {t(`seen.${answer}`)}
    </Button>
  );
  return (
    <BlockStack gap="200">
      <Text as="h2" variant="headingSm">
        {t('seen.title')}
      </Text>
      <Text as="p">{t('seen.text', { at: format.date(since) })}</Text>
      {save.error && <Failure error={save.error} />}
      <InlineStack gap="200" blockAlign="center">
        {button('yes')}
        {button('no')}
        {button('later')}
      </InlineStack>
    </BlockStack>
  );
}

/** @param at when the overview was read */
export function ConnectionCard({ connection, at }: { connection: Connection; at: number }) {
  const format = useFormat();
  const { state, provenAt, seen, since } = connection;
  const shown =
    state !== 'connected'
      ? state
      : connection.text.next?.code === 'wait.down'
        ? 'down'
        : provenAt === null
          ? 'unproven'
          : state;
  const evidence = evidenceOf(connection, format, at);
  // When it was last accepted is the evidence below: said once.
  const { next, ...first } = connection.text;
  const text = shown === 'connected' && next?.code === 'connection.proven' ? first : connection.text;
  return (
    <Card>
      <BlockStack gap="300">
        <BlockStack gap="100">
          <InlineStack gap="300" blockAlign="center">
            <Badge tone={tones[shown]}>{t(`connection.${shown}`)}</Badge>
            <Text as="p">{say(text, format)}</Text>
            {state === 'not_connected' && <Button url="/setup">{textAt('setup.connect.button')}</Button>}
            {state === 'paused' && <Button url="/settings#connection">{textAt('activity.event.openSettings')}</Button>}
          </InlineStack>
          {evidence.map((sentence) => (
            <Text key={sentence} as="p" tone="subdued">
              {sentence}
            </Text>
          ))}
        </BlockStack>
        {connection.askSeen && since && (
          <Fleeting>
            <SeenQuestion since={since} />
          </Fleeting>
        )}
        {seen?.answer === 'no' && (
          <Text as="p">
            {t('seen.noText')} <Link url="/setup">{t('seen.noAction')}</Link>
          </Text>
        )}
      </BlockStack>
    </Card>
  );
}
