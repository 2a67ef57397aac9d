import { isLanguage } from './texts.ts';

/** A tag as everybody writes it, if we have its language: `DE-at`, like `deu-AT`, is `de-AT`. */
function oursIn(tag: string): string[] {
  try {
    const { language, baseName } = new Intl.Locale(tag);
    return isLanguage(language) ? [baseName] : [];
  } catch {
    // Not a well-formed language tag.
    return [];
  }
}

/**
 * The pages' language, with its region: the one Shopify names in the URL, or English if we don't
 * have it. If the URL names none, the browser's, if we have it.
 */
export function readLocale(search: string, browser: readonly string[]): string {
  const asked = new URLSearchParams(search).get('locale');
  const [ours = 'en'] = (asked ? [asked] : browser).flatMap(oursIn);
  return ours;
}
