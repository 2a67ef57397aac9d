import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from '../api.ts';
import { showToast } from '../app-bridge.ts';
import { Confirm } from '../shell/confirm.tsx';
import { textsOf } from '../texts.ts';
import { SendAgain } from './send-again.tsx';

const t = textsOf('activity');

/** What is done with all events of a filter. */
export type Bulk = { does: 'resend' | 'dismiss'; filter: object };

/** Asks before resending or dismissing many events. `onDone`: it was done. */
export function BulkDialog({ bulk, onDone, onClose }: { bulk: Bulk; onDone: () => void; onClose: () => void }) {
  const { does, filter } = bulk;
  const client = useQueryClient();
  const dismiss = useMutation({
    mutationFn: () => call<{ count: number }>('POST', '/activity/dismiss', { body: { filter } }),
    onSuccess: async ({ count }) => {
      showToast(t('dismiss.bulkDone', { count }));
      onDone();
      onClose();
      await client.invalidateQueries();
    },
  });
  return does === 'resend' ? (
    <SendAgain
      title={t('again.bulkTitle')}
      path="/activity/retry"
      body={{ filter }}
      onDone={onDone}
      onClose={onClose}
    />
  ) : (
    <Confirm
      title={t('dismiss.bulkTitle')}
      text={t('dismiss.bulkText')}
      action={t('dismiss.action')}
      change={dismiss}
      onClose={onClose}
    />
  );
}
