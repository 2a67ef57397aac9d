import { z } from 'zod';
import { type Fault, faultsOf } from '../fault.ts';
import type { Settings } from '../settings.ts';
import { visibleText } from '../visible-text.ts';
import { inEnglish } from '../wording/in-english.ts';
import { parseGuid } from './parse-guid.ts';

export type ParsedSettings =
  /** `guid` null: keep the saved one. `newAccount`: the GUID belongs to an Ascent360 account that was told nothing yet. */
  { ok: true; settings: Settings; guid: string | null; newAccount: boolean } | { ok: false; errors: Fault[] };

/** PostgreSQL's jsonb takes neither NUL nor half a surrogate pair, and nobody types the other control characters. */
const storable = (text: string) => text.isWellFormed() && !/\p{Cc}/u.test(text);

function text(what: string, max: number) {
  const error = `Enter ${what} of 1 to ${max} characters, as text`;
  return z.string({ error }).overwrite(visibleText).min(1, { error }).max(max, { error }).refine(storable, {
    error: 'Remove the characters that cannot be shown, such as line breaks',
    abort: true,
  });
}

const onOff = z.boolean({ error: 'Choose true or false' });

function choice<const T extends readonly [string, ...string[]]>(options: T) {
  const last = options.slice(-1).join('');
  return z.enum(options, { error: `Choose ${options.slice(0, -1).join(', ')} or ${last}` });
}

function group<S extends z.core.$ZodLooseShape>(shape: S) {
  return z.strictObject(shape, { error: 'Enter a group of settings: a JSON object' });
}

function list<T extends z.core.SomeType>(item: T, max: number, what: string) {
  return z
    .array(item, { error: `Enter a list of ${what}` })
    .max(max, { error: `Enter at most ${max} ${what}` })
    .default([]);
}

const metafield = z.strictObject({
  from: z.literal('metafield'),
  key: text('the metafield as namespace.key', 320).regex(/^[^\s.]+\.[^\s.]+$/, {
    error: 'Enter the metafield as namespace.key, for example facts.birth_date',
  }),
});
const tag = z.strictObject({ from: z.literal('tag'), prefix: text('the beginning of the tag', 255) });
const fixedText = z.strictObject({
  from: z.literal('text'),
  values: z
    .array(text('a text', 100), { error: 'Enter a list of texts' })
    .min(1, { error: 'Enter at least one text' })
    .max(50, { error: 'Enter at most 50 texts' }),
});

const source = z.discriminatedUnion('from', [metafield, tag, fixedText], {
  error: 'Choose where it comes from: metafield, tag or text',
});
const dateSource = z.discriminatedUnion('from', [metafield, tag], {
  error: 'Choose where it comes from: metafield or tag. A fixed text cannot be everyone’s date of birth',
});

const permissionTags = z
  .strictObject(
    { optIn: text('the tag that means yes', 255), optOut: text('the tag that means no', 255) },
    { error: 'Enter both tags, {"optIn": …, "optOut": …}, or null' },
  )
  .refine((tags) => tags.optIn.toLowerCase() !== tags.optOut.toLowerCase(), {
    error: 'Enter two different tags: upper and lower case count as the same',
  });

const listIds = list(text('a list ID', 100), 50, 'list IDs').superRefine((ids, ctx) => {
  const seen = new Set<string>();
  for (const [index, id] of ids.entries()) {
    if (seen.has(id))
      ctx.addIssue({ code: 'custom', path: [index], message: 'Remove this list ID: it is in the list already' });
    seen.add(id);
  }
});

const guid = z
  .string({ error: 'Enter the GUID as text, or null to keep the saved one' })
  .transform((pasted, ctx) => {
    const parsed = parseGuid(pasted);
    if (parsed.ok) return parsed.guid;
    ctx.addIssue({ code: 'custom', message: inEnglish(parsed.text) });
    return z.NEVER;
  })
  .nullable();

const PROVIDER = 'Enter the number of the provider, a whole number above 0 (3 Mailchimp, 7 Acoustic), or null';
const optInLevel = choice(['any', 'single', 'confirmed']).default('single');
const history = choice(['none', 'optOuts', 'all']).default('optOuts');

const documentFor = (developmentStore: boolean) =>
  z
    .strictObject(
      {
        guid: guid.default(null),
        newAccount: onOff.default(false),
        // Answers carry it beside the masked GUID, so a document that was read can be sent back as it is. Not looked at.
        guidLast4: z.unknown().optional(),
        sourceName: text('a source name', 100).default('Shopify'),
        sourceType: text('a source type', 100).default('Ecommerce'),
        providerType: z.int({ error: PROVIDER }).positive({ error: PROVIDER }).nullable().default(null),
        listIds,
        listsFor: choice(['subscribed', 'everyone']).default('subscribed'),
        send: group({
          orders: onOff.default(true),
          customers: onOff.default(true),
          orderDetails: onOff.default(true),
          testOrders: onOff.default(developmentStore),
          excludeChannels: list(text('a sales channel', 100), 100, 'sales channels'),
        }).prefault({}),
        consent: group({
          email: group({ optInLevel, history, untickedBox: choice(['send', 'leaveOut']).default('send') }).prefault({}),
          sms: group({ optInLevel, history }).prefault({}),
        }).prefault({}),
        mapping: group({
          dateOfBirth: dateSource.nullable().default(null),
          gender: source.nullable().default(null),
          activities: list(source, 20, 'sources'),
          interests: list(source, 20, 'sources'),
          newsletters: list(source, 20, 'sources'),
          phonePermission: permissionTags.nullable().default(null),
          addressPermission: permissionTags.nullable().default(null),
        }).prefault({}),
        format: choice(['json', 'xml']).default('json'),
        paused: onOff.default(false),
      },
      { error: 'Send the settings as a JSON object' },
    )
    .refine((document) => document.listIds.length === 0 || document.providerType !== null, {
      path: ['listIds'],
      error: 'Enter the provider that the list IDs belong to, or remove the list IDs',
      // Also beside other faults, so that all are shown at once.
      when: ({ value }) => needsBoth.safeParse(value).success,
    });

const needsBoth = z.looseObject({ listIds: z.array(z.unknown()), providerType: z.number().nullable() });

/** The document as a merchant sends it, for a shop that is no development store. */
export const settingsDocument = documentFor(false);
const documents = { regular: settingsDocument, development: documentFor(true) };
const documentOf = (developmentStore: boolean) => (developmentStore ? documents.development : documents.regular);

function settingsOf(document: z.output<typeof documents.regular>): Settings {
  const { guid: _guid, newAccount: _newAccount, guidLast4: _guidLast4, ...settings } = document;
  return settings;
}

/**
 * Reads a settings document as a merchant sends it. What is left out takes its default, at any depth; an unknown key is a
 * fault. Never throws.
 * @param options.developmentStore decides the default of `send.testOrders`
 */
export function parseSettings(input: unknown, options: { developmentStore: boolean }): ParsedSettings {
  const parsed = documentOf(options.developmentStore).safeParse(input);
  if (!parsed.success) return { ok: false, errors: faultsOf(parsed.error, 'is not a setting') };
  return { ok: true, settings: settingsOf(parsed.data), guid: parsed.data.guid, newAccount: parsed.data.newAccount };
}

/** The settings of a shop that has saved none. */
export function defaultSettings(developmentStore: boolean): Settings {
  return settingsOf(documentOf(developmentStore).parse({}));
}

/** Takes the value at `path` out of `holder`, or what should hold it when it is not there. False: nothing to take out. */
function takeOut(holder: unknown, path: readonly PropertyKey[]): boolean {
  const [key, ...rest] = path;
  if (typeof holder !== 'object' || holder === null || key === undefined || !Object.hasOwn(holder, key)) return false;
  if (rest.length > 0 && takeOut(Reflect.get(holder, key), rest)) return true;
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else Reflect.deleteProperty(holder, key);
  return true;
}

/**
 * Reads a stored document, which may be from an older or (after a rollback) a newer version of the app: a missing key
 * takes its default, and so does a part that today's contract does not know or does not allow. Never throws.
 */
export function completeSettings(stored: unknown): Settings {
  let parsed = documents.regular.safeParse(stored);
  if (parsed.success) return settingsOf(parsed.data);
  const repaired: unknown = structuredClone(stored);
  while (!parsed.success) {
    const [issue] = parsed.error.issues;
    const path = issue?.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : (issue?.path ?? []);
    if (!takeOut(repaired, path)) return defaultSettings(false);
    parsed = documents.regular.safeParse(repaired);
  }
  return settingsOf(parsed.data);
}
