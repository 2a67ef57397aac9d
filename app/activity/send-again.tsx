import { BlockStack, Checkbox, List, Modal, Text } from '@shopify/polaris';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { SentAgain } from '../../server/features/activity/api.ts';
import { call } from '../api.ts';
import { showToast } from '../app-bridge.ts';
import { Failure } from '../shell/failure.tsx';
import { LoadingLines } from '../shell/loading.tsx';
import { useFormat } from '../shell/shop.tsx';
import { inDialog } from '../shell/stale.tsx';
import { useAction } from '../shell/use-action.ts';
import { useReturnFocus } from '../shell/use-return-focus.ts';
import { say, textAt, textsOf } from '../texts.ts';

const t = textsOf('activity.again');

/** `POST /api/activity/retry` and `POST /api/activity/:id/retry`. `more`: there are more than one call sends. */
type Answer = SentAgain & { more?: boolean };

function Flags({ flags }: Pick<Answer, 'flags'>) {
  const lines = [
    [flags.EmailPermission.true, 'emailTrue'],
    [flags.EmailPermission.false, 'emailFalse'],
    [flags.SMSPermission.true, 'smsTrue'],
    [flags.SMSPermission.false, 'smsFalse'],
  ] as const;
  const due = lines.filter(([count]) => count > 0);
  if (due.length === 0) return <Text as="p">{t('noFlags')}</Text>;
  return (
    <BlockStack gap="100">
      <Text as="h3" variant="headingSm">
        {t('flags')}
      </Text>
      <List>
        {due.map(([count, name]) => (
          <List.Item key={name}>{t(name, { count })}</List.Item>
        ))}
      </List>
    </BlockStack>
  );
}

/** How many go out. Resending the others ends as before, for which there is a line of its own. */
const sentBy = ({ count, skippedAgain }: Answer): number => Math.max(0, count - skippedAgain);

/** What can't be resent, by reason. */
function LeftOut({ leftOut }: Pick<Answer, 'leftOut'>) {
  const format = useFormat();
  return leftOut.map(({ text, count }) => (
    <Text as="p" key={text.code}>
      {t('leftOut', { count, why: say(text, format) })}
    </Text>
  ));
}

function Forecast({ answer }: { answer: Answer }) {
  const { count, together, skippedAgain, leftOut } = answer;
  const sent = sentBy(answer);
  if (count === 0) {
    return (
      <BlockStack gap="100">
        <Text as="p">{t('none')}</Text>
        <LeftOut leftOut={leftOut} />
      </BlockStack>
    );
  }
  return (
    <BlockStack gap="300">
      <BlockStack gap="100">
        {sent > 0 && (
          <Text as="p" fontWeight="semibold">
            {t('records', { count: sent })}
          </Text>
        )}
        {skippedAgain > 0 && <Text as="p">{t('skipped', { count: skippedAgain })}</Text>}
        {answer.more && <Text as="p">{t('more', { count })}</Text>}
        {together > 0 && <Text as="p">{t('together', { count: together })}</Text>}
        <LeftOut leftOut={leftOut} />
      </BlockStack>
      <Flags flags={answer.flags} />
    </BlockStack>
  );
}

/**
 * Asks before resending: how much would be sent, and which permissions with it.
 * @param path the route that resends it
 * @param body what else the route needs
 * @param onDone they are being resent
 */
export function SendAgain(props: {
  title: string;
  path: string;
  body: object;
  onDone?: () => void;
  onClose: () => void;
}) {
  useReturnFocus();
  const { title, path, body, onDone, onClose } = props;
  const [reassert, setReassert] = useState(false);
  const client = useQueryClient();
  const forecast = useQuery({
    queryKey: ['again', path, body, reassert],
    queryFn: ({ signal }) => call<Answer>('POST', path, { body: { ...body, reassert, dryRun: true }, signal }),
    meta: inDialog,
    staleTime: 0,
    gcTime: 0,
  });
  const send = useAction({
    mutationFn: () => call<Answer>('POST', path, { body: { ...body, reassert } }),
    onSuccess: async (answer) => {
      showToast(t('done', { count: sentBy(answer) }));
      // Focus returns to what is still there then.
      await client.invalidateQueries({ predicate: ({ queryKey: [name] }) => name !== 'again' });
    },
  });
  // Not of an earlier dialog that was closed meanwhile: this may be another one.
  const onSuccess = () => {
    onDone?.();
    onClose();
  };
  const resend = () => send.mutate(undefined, { onSuccess });
  const error = send.error ?? forecast.error;
  const ready = forecast.data !== undefined && forecast.data.count > 0;
  return (
    <Modal
      open
      title={title}
      onClose={onClose}
      primaryAction={{
        content: t('action'),
        onAction: resend,
        disabled: !ready || forecast.isFetching,
        loading: send.isPending,
      }}
      secondaryActions={[{ content: textAt('common.cancel'), onAction: onClose }]}
    >
      <Modal.Section>
        <BlockStack gap="400">
          <Text as="p">{t('text')}</Text>
          <div aria-live="polite">
            {error ? (
              <Failure error={error} onRetry={() => (send.error ? resend() : void forecast.refetch())} />
            ) : forecast.data ? (
              <Forecast answer={forecast.data} />
            ) : (
              <LoadingLines lines={3} />
            )}
          </div>
          <Checkbox
            label={t('reassert')}
            helpText={t('reassertHelp')}
            checked={reassert}
            disabled={send.isPending}
            onChange={(chosen) => {
              // Why sending failed would hide what would be sent now.
              send.reset();
              setReassert(chosen);
            }}
          />
        </BlockStack>
      </Modal.Section>
    </Modal>
  );
}
