import { z } from 'zod';
import { type Fault, faultsOf, refusing } from '../fault.ts';
import { tagKey } from '../person.ts';
import { visibleText } from '../visible-text.ts';
import { writeText } from '../wording/kept-text.ts';
import { parseGuid } from './parse-guid.ts';

export type ParsedSettings =
  /**
   * `guid` null: keep the saved one. `newAccount`: the GUID belongs to an Ascent360 account that
   * hasn't been told anything yet.
   */
  { ok: true; settings: Settings; guid: string | null; newAccount: boolean } | { ok: false; errors: Fault[] };

/**
 * PostgreSQL's jsonb rejects NUL and half a surrogate pair, and nobody types the other control
 * characters.
 */
const storable = (text: string) => text.isWellFormed() && !/\p{Cc}/u.test(text);

/** Characters as a person counts them at most: an emoji is one, though it takes two code units. */
function text(max: number) {
  const error = refusing('length', { max });
  return z
    .string({ error })
    .overwrite(visibleText)
    .min(1, { error })
    .refine((written) => [...written].length <= max, { error })
    .refine(storable, {
      error: refusing('invisible'),
      abort: true,
    })
    .meta({ maxLength: max });
}

const onOff = z.boolean({ error: refusing('on_off') });

function choice<const T extends readonly [string, ...string[]]>(options: T) {
  return z.enum(options, { error: refusing('choice', { options: options.join(', ') }) });
}

function group<S extends z.core.$ZodLooseShape>(shape: S) {
  return z.strictObject(shape, { error: refusing('group') });
}

function list<T extends z.core.SomeType>(item: T, max: number) {
  return z
    .array(item, { error: refusing('list') })
    .max(max, { error: refusing('list_long', { max }) })
    .default([]);
}

const metafield = z.strictObject({
  from: z.literal('metafield'),
  key: text(320).regex(/^[^\s.]+\.[^\s.]+$/, {
    error: refusing('metafield'),
  }),
});
/** Shopify separates tags with commas: two in one text would be a tag that nobody has. */
const tagText = text(255).refine((written) => !written.includes(','), { error: refusing('tag_comma') });
const tag = z.strictObject({ from: z.literal('tag'), prefix: tagText });
const fixedText = z.strictObject({
  from: z.literal('text'),
  values: z
    .array(text(100), { error: refusing('list') })
    .min(1, { error: refusing('list_empty') })
    .max(50, { error: refusing('list_long', { max: 50 }) }),
});

const source = z.discriminatedUnion('from', [metafield, tag, fixedText], {
  error: refusing('source'),
});
const dateSource = z.discriminatedUnion('from', [metafield, tag], {
  error: refusing('date_source'),
});

const permissionTags = z
  .strictObject({ optIn: tagText, optOut: tagText }, { error: refusing('both_tags') })
  .refine((tags) => tagKey(tags.optIn) !== tagKey(tags.optOut), {
    error: refusing('same_tags'),
  });

const listIds = list(text(100), 50).superRefine((ids, ctx) => {
  const seen = new Set<string>();
  for (const [index, id] of ids.entries()) {
    if (seen.has(id)) ctx.addIssue({ code: 'custom', path: [index], message: refusing('list_id_twice') });
    seen.add(id);
  }
});

const guid = z
  .string({ error: refusing('guid_type') })
  .transform((pasted, ctx) => {
    const parsed = parseGuid(pasted);
    if (parsed.ok) return parsed.guid;
    ctx.addIssue({ code: 'custom', message: writeText(parsed.text) });
    return z.NEVER;
  })
  .nullable();

const PROVIDER = refusing('provider');
const optInLevel = choice(['any', 'single', 'confirmed']).default('single');
const history = choice(['none', 'optOuts', 'all']).default('optOuts');

const documentFor = (developmentStore: boolean) =>
  z
    .strictObject(
      {
        guid: guid.default(null),
        newAccount: onOff.default(false),
        // Answers contain it beside the masked GUID. It is ignored here, so a document that was
        // read can be sent back unchanged.
        guidLast4: z.unknown().optional(),
        sourceName: text(100).default('Shopify'),
        sourceType: text(100).default('Ecommerce'),
        providerType: z.int({ error: PROVIDER }).positive({ error: PROVIDER }).nullable().default(null),
        listIds,
        listsFor: choice(['subscribed', 'everyone']).default('subscribed'),
        send: group({
          orders: onOff.default(true),
          customers: onOff.default(true),
          orderDetails: onOff.default(true),
          testOrders: onOff.default(developmentStore),
          excludeChannels: list(text(100), 100),
        }).prefault({}),
        consent: group({
          email: group({ optInLevel, history, untickedBox: choice(['send', 'leaveOut']).default('send') }).prefault({}),
          sms: group({ optInLevel, history }).prefault({}),
        }).prefault({}),
        mapping: group({
          dateOfBirth: dateSource.nullable().default(null),
          gender: source.nullable().default(null),
          activities: list(source, 20),
          interests: list(source, 20),
          newsletters: list(source, 20),
          phonePermission: permissionTags.nullable().default(null),
          addressPermission: permissionTags.nullable().default(null),
        }).prefault({}),
        /** How the payload is written. */
        format: choice(['json', 'xml']).default('json'),
        paused: onOff.default(false),
      },
      { error: refusing('json') },
    )
    .refine((document) => document.listIds.length === 0 || document.providerType !== null, {
      path: ['listIds'],
      error: refusing('lists_need_provider'),
      // Also runs when there are other faults, so that all are shown at once.
      when: ({ value }) => needsBoth.safeParse(value).success,
    });

const needsBoth = z.looseObject({ listIds: z.array(z.unknown()), providerType: z.number().nullable() });

/** The document as a merchant sends it, for a shop that isn't a development store. */
export const settingsDocument = documentFor(false);
const documents = { regular: settingsDocument, development: documentFor(true) };
const documentOf = (developmentStore: boolean) => (developmentStore ? documents.development : documents.regular);

/** The settings document without the GUID, which is a secret and stored separately. */
export type Settings = Omit<z.output<typeof settingsDocument>, 'guid' | 'newAccount' | 'guidLast4'>;

function settingsOf(document: z.output<typeof settingsDocument>): Settings {
  const { guid: _guid, newAccount: _newAccount, guidLast4: _guidLast4, ...settings } = document;
  return settings;
}

/**
 * Reads a settings document as a merchant sends it. Absent values take their defaults, at any
 * depth; an unknown key is a fault. Never throws.
 * @param options.developmentStore decides the default of `send.testOrders`
 */
export function parseSettings(input: unknown, options: { developmentStore?: boolean }): ParsedSettings {
  const parsed = documentOf(options.developmentStore === true).safeParse(input);
  if (!parsed.success) return { ok: false, errors: faultsOf(parsed.error, { code: 'fault.unknown_setting' }) };
  return { ok: true, settings: settingsOf(parsed.data), guid: parsed.data.guid, newAccount: parsed.data.newAccount };
}

/** The settings of a shop that hasn't saved any. */
export function defaultSettings(developmentStore: boolean): Settings {
  return settingsOf(documentOf(developmentStore).parse({}));
}

/**
 * Removes the value at `path` from `holder`, or its parent when the value isn't there. False:
 * nothing to remove.
 */
function takeOut(holder: unknown, path: readonly PropertyKey[]): boolean {
  const [key, ...rest] = path;
  if (typeof holder !== 'object' || holder === null || key === undefined || !Object.hasOwn(holder, key)) return false;
  if (rest.length > 0 && takeOut(Reflect.get(holder, key), rest)) return true;
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else Reflect.deleteProperty(holder, key);
  return true;
}

/**
 * Reads a stored document, which may come from an older or (after a rollback) a newer version of
 * the app. A missing key takes its default, and so does a part that today's contract doesn't know
 * or allow. Never throws.
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
