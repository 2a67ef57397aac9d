import type { ImportAnswer } from '../../server/domain/imports.ts';

/** An import as the merchant API returns it. */
export type Import = ImportAnswer;

/** Whether it continues by itself. */
export const isBusy = ({ state }: Pick<Import, 'state'>): boolean => state === 'counting' || state === 'running';

/** How often an import under way is refreshed, in milliseconds. */
export const LOOK_AGAIN = 2000;
