/**
 * What is the same in every language: names, formats, and texts that aren't translated. One per
 * line, as the words of a text with `{}` for parameters.
 */
export const NAMES = new Set([
  'Acoustic (7)',
  'Ascent360',
  'Ascent360 Connector',
  'GUID',
  'HTTP {}',
  'JSON',
  'Mailchimp (3)',
  'SMS',
  'SMS: {}',
  'Shopify Flow',
  'WhatsApp',
  'XML',
  'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx',
  '{} ms',
]);

/** Words that a language spells as in English. */
export const SAME: Readonly<Record<string, readonly string[]>> = {
  de: ['Button', 'Text', 'Details', 'Filter', 'Import', 'Import: {}', 'Name', 'Segment', 'Tags', '{} Tag', '{} Tags'],
  es: [],
  fr: ['Date', 'Mobile', 'Newsletters'],
  ja: ['Webhook ID'],
};

/** English words that don't exist, or mean something else, in the other languages. */
export const ENGLISH =
  /(?<!\p{L})(?:the|and|your|you|with|from|this|that|which|have|has|isn’t|don’t|doesn’t|can’t|we|we’ll|of|to|is|are|it|its|for|if|or|by|not|been|were)(?!\p{L})/iu;

/**
 * Forms of address we don't use: German uses du, French vous, Spanish tú, and Japanese ends its
 * sentences politely. A German “Sie” that begins a sentence may mean “they”.
 */
export const OTHERWISE: Readonly<Record<string, RegExp>> = {
  de: /(?<!\p{L})(?:Ihnen|Ihr(?:e[mnrs]?)?)(?!\p{L})|(?<=[\p{L},] )Sie(?!\p{L})/u,
  es: /(?<!\p{L})(?:usted|ustedes|vosotros|vos)(?!\p{L})/iu,
  fr: /(?<!\p{L})(?:tu|toi|ton|tes)(?!\p{L})/iu,
  ja: /(?:である|だった|しろ|しない|する)。/u,
};

/**
 * The Latin words that Japanese texts may contain: names, abbreviations, and values typed as they
 * are.
 */
const LATIN = new Set(
  [
    'API Acoustic Ascent CSV Ctrl DNS Ecommerce Flow GUID HTTP ID JSON MB Mailchimp SHA SMS Shopify TLS UTF Webhook WhatsApp XML',
    'Customer Data Event Order Segment anata ascent birth cdn com create date example facts false female gid http https',
    'import interest key male namespace null orders pos shopify Skiing true webhook',
    // The names of the test record and of a page of Shopify's.
    'Test record API access requests',
  ].flatMap((line) => line.split(' ')),
);

/** Japanese texts contain no Latin words but these. */
export const hasUnknownLatin = (text: string): boolean =>
  (text.match(/[A-Za-z]{2,}/g) ?? []).some((word) => !LATIN.has(word));
