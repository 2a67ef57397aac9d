import { Badge, type BadgeProps } from '@shopify/polaris';
import { textAt } from '../texts.ts';
import type { Import } from './import-types.ts';

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
  return <Badge {...looks[state]}>{textAt(`imports.states.${state}`)}</Badge>;
}
