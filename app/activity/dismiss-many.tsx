import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { DismissedMany } from '../../server/features/activity/api.ts';
import { call } from '../api.ts';
import { showToast } from '../app-bridge.ts';
import { Confirm } from '../shell/confirm.tsx';
import { inDialog } from '../shell/stale.tsx';
import { useAction } from '../shell/use-action.ts';
import { textsOf } from '../texts.ts';

const t = textsOf('activity.dismiss');

/** Asks before dismissing all events of a filter that need attention, and says how many these are. */
export function DismissMany(props: { filter: object; onDone?: () => void; onClose: () => void }) {
  const { filter, onDone, onClose } = props;
  const client = useQueryClient();
  const ask = (dryRun: boolean, options: { signal?: AbortSignal } = {}) =>
    call<DismissedMany>('POST', '/activity/dismiss', { body: { filter, dryRun }, ...options });
  const {
    data: forecast,
    error,
    refetch,
  } = useQuery({
    queryKey: ['dismiss', filter],
    queryFn: ({ signal }) => ask(true, { signal }),
    meta: inDialog,
    staleTime: 0,
    gcTime: 0,
  });
  const dismiss = useAction({
    mutationFn: () => ask(false),
    onSuccess: async ({ count }) => {
      showToast(t('bulkDone', { count }));
      // Focus returns to what is still there then.
      await client.invalidateQueries({ predicate: ({ queryKey: [name] }) => name !== 'dismiss' });
    },
  });
  // Not of an earlier dialog that was closed meanwhile: this may be another one.
  const onSuccess = () => {
    onDone?.();
    onClose();
  };
  const text = forecast && [
    t('bulkText', { count: forecast.count }),
    ...(forecast.more ? [t('more', { count: forecast.count })] : []),
  ];
  return (
    <Confirm
      title={t('bulkTitle')}
      text={text ?? null}
      action={t('action')}
      disabled={forecast?.count === 0}
      change={{
        ...dismiss,
        mutate: () => dismiss.mutate(undefined, { onSuccess }),
        error: dismiss.error ?? error,
      }}
      onRetry={dismiss.error ? null : () => void refetch()}
      onClose={onClose}
    />
  );
}
