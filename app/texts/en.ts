import { activity } from './en/activity.ts';
import { common } from './en/common.ts';
import { settings } from './en/settings.ts';

/** English. Every area of the pages has its section. */
export const en = { common, activity, settings };

export type Texts = typeof en;
