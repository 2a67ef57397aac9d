import { textsOf } from '../texts.ts';
import { DismissMany } from './dismiss-many.tsx';
import { SendAgain } from './send-again.tsx';

const t = textsOf('activity.again');

/** What is done with all events of a filter. */
export type Bulk = { does: 'resend' | 'dismiss'; filter: object };

type Props = { bulk: Bulk; onDone?: () => void; onClose: () => void };

/** Asks before resending or dismissing many events. `onDone`: it was done. */
export function BulkDialog({ bulk: { does, filter }, ...on }: Props) {
  if (does === 'dismiss') return <DismissMany filter={filter} {...on} />;
  return <SendAgain title={t('bulkTitle')} path="/activity/retry" body={{ filter }} {...on} />;
}
