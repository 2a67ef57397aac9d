import { Badge, type BadgeProps } from '@shopify/polaris';
import { useStaleSince } from '../shell/stale.tsx';
import { textAt } from '../texts.ts';
import { type Import, isBusy } from './import-types.ts';

const looks: Record<Import['state'], Pick<BadgeProps, 'tone' | 'progress'>> = {
  counting: { tone: 'info', progress: 'partiallyComplete' },
  counted: { tone: 'attention', progress: 'incomplete' },
  running: { tone: 'info', progress: 'partiallyComplete' },
  paused: { tone: 'warning', progress: 'partiallyComplete' },
  done: { tone: 'success', progress: 'complete' },
  cancelled: {},
  failed: { tone: 'critical' },
};

export function ImportBadge({ state }: Pick<Import, 'state'>) {
  const stale = useStaleSince() !== null;
  if (stale && isBusy({ state })) return <Badge>{textAt('common.stale.unknown')}</Badge>;
  return <Badge {...looks[state]}>{textAt(`imports.states.${state}`)}</Badge>;
}
