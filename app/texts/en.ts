import { activity } from './en/activity.ts';
import { common } from './en/common.ts';
import { extensions } from './en/extensions.ts';
import { imports } from './en/imports.ts';
import { overview } from './en/overview.ts';
import { people } from './en/people.ts';
import { privacy } from './en/privacy.ts';
import { settings } from './en/settings.ts';
import { setup } from './en/setup.ts';

/** English. Every area of the pages has its section. */
export const en = { common, activity, overview, people, imports, privacy, settings, setup, extensions };

export type Texts = typeof en;
