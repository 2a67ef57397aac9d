import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { PARTS } from '../../app/read-extensions.ts';
import { ATTENTION_HANDLE, payloadOf } from '../../server/features/flow/announce.ts';
import { SEND_HANDLE } from '../../server/features/flow/receive-run.ts';

const root = path.join(import.meta.dirname, '../..');
const read = (...parts: string[]) => readFileSync(path.join(root, ...parts), 'utf8');
const json = (...parts: string[]): unknown => JSON.parse(read(...parts));

// Strict: an unknown key makes `shopify app deploy` fail. Limits are those of Shopify CLI.
const common = { name: z.string().min(1), handle: z.string().regex(/^[a-zA-Z0-9-]{1,50}$/), uid: z.uuid() };
const extension = z.discriminatedUnion('type', [
  z.strictObject({ ...common, type: z.literal('theme') }),
  z.strictObject({
    ...common,
    type: z.literal('ui_extension'),
    description: z.string(),
    targeting: z.tuple([z.strictObject({ module: z.string(), target: z.string() })]),
  }),
  z.strictObject({ ...common, type: z.literal('flow_action'), description: z.string(), runtime_url: z.string() }),
  z.strictObject({ ...common, type: z.literal('flow_trigger'), description: z.string() }),
]);
const field = z.strictObject({
  type: z.enum(['customer_reference', 'single_line_text_field', 'multi_line_text_field', 'url']),
  key: z.string().optional(),
  name: z.string().optional(),
  description: z.string().optional(),
  required: z.boolean().optional(),
});
const file = z.strictObject({
  api_version: z.string().optional(),
  extensions: z.array(extension).min(1),
  settings: z.strictObject({ fields: z.array(field) }).optional(),
});

const folders = readdirSync(path.join(root, 'extensions'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const declared = folders.map((folder) => ({
  folder,
  ...file.parse(parse(read('extensions', folder, 'shopify.extension.toml'))),
}));
const all = declared.flatMap(({ folder, extensions }) => extensions.map((one) => ({ folder, ...one })));
/** Their TypeScript, each file named within its extension's folder. */
const sources = folders.flatMap((folder) =>
  readdirSync(path.join(root, 'extensions', folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => ({ name, text: read('extensions', folder, name) })),
);
const packageFile = z.object({ dependencies: z.record(z.string(), z.string()).optional() });

/** The newest stable API version that `@shopify/ui-extensions` supports: 2026.7.4 → 2026-07. */
const { version } = z.object({ version: z.string() }).parse(json('node_modules/@shopify/ui-extensions/package.json'));
const [year, month = ''] = version.split('.');
const newest = `${year}-${month.padStart(2, '0')}`;

describe('the extensions', () => {
  it('have handles and ids of their own', () => {
    for (const values of [all.map(({ handle }) => handle), all.map(({ uid }) => uid)]) {
      expect(new Set(values).size).toBe(values.length);
    }
  });

  it.each(all.filter(({ type }) => type === 'ui_extension'))('$folder has what $handle needs to run', (one) => {
    const { api_version } = declared.find(({ folder }) => folder === one.folder) ?? {};
    expect(api_version).toBe(newest);
    const { dependencies = {} } = packageFile.parse(json('extensions', one.folder, 'package.json'));
    const own = z.object({ devDependencies: z.record(z.string(), z.string()) }).parse(json('package.json'));
    for (const [name, wanted] of Object.entries(dependencies)) expect(wanted).toBe(own.devDependencies[name]);
    if (one.type !== 'ui_extension') return;
    expect(existsSync(path.join(root, 'extensions', one.folder, one.targeting[0].module))).toBe(true);
    const texts = z.record(z.string(), z.unknown()).parse(json('extensions', one.folder, 'locales/en.default.json'));
    for (const text of [one.name, one.description]) expect(texts[text.replace(/^t:/, '')]).toBeTruthy();
  });

  it('of Flow are triggered by their handle, with all their fields and no others', () => {
    const trigger = declared.find(({ extensions }) => extensions.some(({ type }) => type === 'flow_trigger'));
    expect(trigger?.extensions).toMatchObject([{ handle: ATTENTION_HANDLE }]);
    const fields = trigger?.settings?.fields.map(({ key }) => key) ?? [];
    for (const kind of ['connection', 'rejected', 'opt_outs', 'privacy_request'] as const) {
      const payload = payloadOf({ kind, key: '' }, { domain: 'a.myshopify.com' }, 'key');
      expect(Object.keys(payload)).toEqual(fields);
    }
    // The types Shopify CLI accepts.
    for (const field of fields) expect(field).toMatch(/^[A-Za-z ]+$/);
  });

  it('of Flow call the URL and the handle that the server answers', () => {
    const [action] = all.filter((one) => one.type === 'flow_action');
    expect(action).toMatchObject({ handle: SEND_HANDLE, runtime_url: '/flow/send' });
  });

  it('are the ones that the pages mention', () => {
    const named = Object.values(PARTS).filter((handle) => handle !== null);
    const flow = all.filter(({ type }) => type.startsWith('flow'));
    expect([...named, ...flow.map(({ handle }) => handle)].sort()).toEqual(all.map(({ handle }) => handle).sort());
    expect(existsSync(path.join(root, 'extensions/newsletter/blocks/sign-up.liquid'))).toBe(true);
  });

  it('and Flow’s messages link only to pages that there are', () => {
    const flow = (['connection', 'rejected', 'opt_outs', 'privacy_request'] as const).map((kind) => {
      const { 'App page': url = '' } = payloadOf({ kind, key: '' }, { domain: 'a.myshopify.com' }, 'key');
      return url.slice('https://a.myshopify.com/admin/apps/key'.length).replace(/\?.*/, '');
    });
    const links = sources.flatMap(({ text }) =>
      [...text.matchAll(/\bapp:([^`"'?]*)/g)].map(([, link = '']) => `/${link.replace(/\$\{[^}]*\}/g, ':id')}`),
    );
    expect(links.length).toBeGreaterThan(3);
    const pages = [...read('app/routes.tsx').matchAll(/<Route path="([^"]+)"/g)].map(([, page]) => page);
    expect(pages).toEqual(expect.arrayContaining([...flow, ...links]));
  });

  it('import nothing from outside their folder', () => {
    const outside = sources.flatMap(({ name, text }) =>
      [...text.matchAll(/from '([^']+)'/g)]
        .map(([, from = '']) => from)
        .filter((from) => from.startsWith('.'))
        .map((from) => path.join(path.dirname(name), from))
        .filter((target) => target.startsWith('..')),
    );
    expect(outside).toEqual([]);
  });
});
