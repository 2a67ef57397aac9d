import type { Format } from '../locale.ts';
import { textsOf } from '../texts.ts';
import type { Import } from './import-types.ts';

const t = textsOf('imports');

/** What an import imports, in a few words. */
export function nameOf({ kind, which, from }: Pick<Import, 'kind' | 'which' | 'from'>, format: Format): string {
  if (which !== 'all') return t(`which.${which}`);
  return from ? t(`kindsSince.${kind}`, { day: format.date(from) }) : t(`kinds.${kind}`);
}
