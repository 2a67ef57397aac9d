import type { ImportAnswer } from '../../server/domain/imports.ts';

/** An import as the merchant API has it. */
export type Import = ImportAnswer;

/** Whether something happens to it by itself. */
export const isBusy = ({ state }: Pick<Import, 'state'>): boolean => state === 'counting' || state === 'running';

/** How often an import that is under way is looked at again, in milliseconds. */
export const LOOK_AGAIN = 2000;
