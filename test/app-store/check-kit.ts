import { z } from 'zod';

const text = z.string().min(1);
/** docs/app-store/settings.toml. */
const settingsSchema = z.strictObject({
  app: z.strictObject({
    name: text,
    url: z.url(),
    privacy_policy_url: z.url(),
    data_processing_url: z.url(),
    handle: text,
  }),
  operator: z.strictObject({ legal_name: text, address: text, hosting: text }),
  contact: z.strictObject({
    support_email: text,
    support_answer_within: text,
    emergency_name: text,
    emergency_email: text,
    emergency_phone: text,
    security_email: text,
    privacy_email: text,
  }),
  review: z.strictObject({ test_store: text, test_guid: text, screencast_url: z.url() }),
});
/** What the operator has to fill in in shopify.app.toml. */
const appSchema = z.object({
  client_id: text,
  name: text,
  application_url: text,
  auth: z.object({ redirect_urls: z.array(text) }),
});
/** docs/app-store/listing.toml, with Shopify's limits in characters. */
const listingSchema = z.strictObject({
  name: text.max(30),
  subtitle: text.max(62, 'is longer than fits the card: 62'),
  introduction: text.max(100),
  details: text.max(500),
  features: z.array(text.max(80)).min(1).max(5),
  search_terms: z.array(text.max(20)).min(1).max(5),
  title_tag: text.max(60),
  meta_description: text.max(160),
  category: text,
  languages: z.array(text),
  online_store_required: z.boolean(),
  works_with: z.array(text),
  geographic_requirements: text,
  pricing: z.strictObject({ plan: text, details: text }),
  screenshots: z
    .array(z.strictObject({ file: text, alt: text.max(160) }))
    .min(3)
    .max(6),
});

export type Kit = {
  settings: unknown;
  app: unknown;
  listing: unknown;
  /** The size of a screenshot in pixels; null: it is missing, or not a PNG. */
  screenshot(file: string): { width: number; height: number } | null;
};

/** Values that nobody can mistake for real: they are meant to be replaced. */
const PLACEHOLDER = /\.invalid\b|^<.*>|^[+0\s-]+$|^0{8}-/;
/**
 * Requirements 4.3.3 and 4.2.3: no promised outcome, no comparison, no number, and no price outside
 * its field.
 */
const NOT_IN_A_LISTING =
  /\b(best|first|only|top|fastest|easiest|guarantee\w*|ultimate|perfect|boost|increase|free|revenue|\d+ ?%|#1)\b/i;
const SIZE = { width: 1600, height: 900 };

function leaves(value: unknown, path: string): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, held]) => leaves(held, path === '' ? key : `${path}.${key}`));
}

const placeholders = (file: string, value: unknown) =>
  leaves(value, '').flatMap(([path, held]) =>
    PLACEHOLDER.test(held) ? [`${file}: ${path} is a placeholder (${held})`] : [],
  );

const issues = (file: string, error: z.ZodError | undefined) =>
  (error?.issues ?? []).map(({ path, message }) => `${file}: ${path.join('.')} ${message}`);

/** What keeps the app from being deployed and submitted, one line each; empty if nothing does. */
export function checkKit({ settings, app, listing, screenshot }: Kit): string[] {
  const own = settingsSchema.safeParse(settings);
  const toml = appSchema.safeParse(app);
  const texts = listingSchema.safeParse(listing);
  const faults = [
    ...issues('settings.toml', own.error),
    ...issues('shopify.app.toml', toml.error),
    ...issues('listing.toml', texts.error),
  ];
  if (!own.success || !toml.success || !texts.success) return faults;
  const { name, application_url, client_id, auth } = toml.data;
  faults.push(
    ...placeholders('settings.toml', own.data),
    ...placeholders('shopify.app.toml', { client_id, application_url, redirect_urls: auth.redirect_urls }),
  );
  const names = new Set([name, own.data.app.name, texts.data.name]);
  if (names.size > 1) faults.push(`the app has several names: ${[...names].join(', ')}`);
  if (application_url.replace(/\/+$/, '') !== own.data.app.url.replace(/\/+$/, '')) {
    faults.push('shopify.app.toml: application_url is not the url of settings.toml');
  }
  if (texts.data.search_terms.some((term) => name.toLowerCase().split(' ').includes(term))) {
    faults.push('listing.toml: a search term repeats the name');
  }
  const { pricing: _pricing, screenshots, ...prose } = texts.data;
  for (const [path, held] of leaves({ ...prose, screenshots }, '')) {
    const [word] = NOT_IN_A_LISTING.exec(held) ?? [];
    if (word) faults.push(`listing.toml: ${path} has a word that Shopify refuses: ${word}`);
  }
  for (const { file } of screenshots) {
    const size = screenshot(file);
    if (size === null) faults.push(`screenshots/${file}.png is missing: npm run app-store:screenshots`);
    else if (size.width !== SIZE.width || size.height !== SIZE.height) {
      faults.push(
        `screenshots/${file}.png is ${size.width} by ${size.height} pixels, not ${SIZE.width} by ${SIZE.height}`,
      );
    }
  }
  return faults;
}

/** The size in a PNG's header (https://www.w3.org/TR/png/#11IHDR). null: not a PNG. */
export function pngSize(bytes: Buffer): { width: number; height: number } | null {
  if (bytes.length < 24 || bytes.toString('latin1', 1, 4) !== 'PNG' || bytes.toString('latin1', 12, 16) !== 'IHDR')
    return null;
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
}
