import { textAt } from '../texts.ts';

/** The way out where only a reload helps. */
export const reload = () => ({ content: textAt('common.reload'), onAction: () => window.location.reload() });
