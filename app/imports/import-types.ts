import type { ImportAnswer } from '../../server/domain/imports.ts';

/** An import as the merchant API returns it. */
export type Import = ImportAnswer;

/** Whether its state may change by itself: one that is paused is done if the rest was on its way. */
export const isBusy = ({ state }: Pick<Import, 'state'>): boolean => /^(counting|running|paused)$/.test(state);

/** How far it is, of 100. */
export const percentOf = ({ done, total }: Pick<Import, 'done' | 'total'>): number =>
  total > 0 ? Math.floor((100 * done) / total) : 0;

/** How often an import under way is refreshed, in milliseconds. */
const LOOK_AGAIN = 2000;

/** What is on its way is still sent, also of one that was paused or canceled. */
export const lookAgain = (imports: readonly Import[]): number | false =>
  imports.some((one) => isBusy(one) || one.counts.waiting > 0) && LOOK_AGAIN;
