import { textAt, textIf } from '../texts.ts';
import type { Import } from './import-types.ts';

/** Why an import's records were skipped. Canceling it dismisses those that weren't sent yet. */
export function whySkipped(reason: string, state: Import['state']): string {
  const name = reason === 'dismissed' && state === 'cancelled' ? 'cancelled' : reason;
  return textIf(`imports.reasons.${name}`) ?? textAt('imports.reasons.other');
}
