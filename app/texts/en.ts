import { common } from './en/common.ts';

/** English. Every area of the pages has its section. */
export const en = { common };

export type Texts = typeof en;
