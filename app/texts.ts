import { en } from './texts/en.ts';

/**
 * Every text of the pages, by area. Another language is a file beside `texts/en.ts` of the type `Texts`, and a choice here
 * by the merchant's locale (app/locale.ts).
 */
export const texts = en;
