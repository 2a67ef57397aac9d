import type { ImportAnswer } from '../../server/domain/imports.ts';

/** An import as the merchant API returns it. */
export type Import = ImportAnswer;

/** Whether it continues by itself. */
export const isBusy = ({ state }: Pick<Import, 'state'>): boolean => state === 'counting' || state === 'running';

/** How far it is, of 100. */
export const percentOf = ({ done, total }: Pick<Import, 'done' | 'total'>): number =>
  total > 0 ? Math.floor((100 * done) / total) : 0;

/** How often an import under way is refreshed, in milliseconds. */
export const LOOK_AGAIN = 2000;
