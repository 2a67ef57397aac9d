import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { topics } from '../server/shopify/topics.ts';

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

// Strict: an unknown key makes `shopify app deploy` fail, and a subscription has either kind of
// topics.
const subscription = z.union([
  z.strictObject({ topics: z.array(z.string()), uri: z.string(), include_fields: z.array(z.string()).min(1) }),
  z.strictObject({ compliance_topics: z.array(z.string()), uri: z.string() }),
]);
const app = z
  .strictObject({
    client_id: z.string(),
    name: z.string().max(30),
    application_url: z.url(),
    embedded: z.literal(true),
    extension_directories: z.tuple([z.literal('extensions/*')]),
    access_scopes: z.strictObject({ scopes: z.string() }),
    access: z.strictObject({ admin: z.strictObject({ embedded_app_direct_api_access: z.literal(false) }) }),
    auth: z.strictObject({ redirect_urls: z.array(z.url()).min(1) }),
    pos: z.strictObject({ embedded: z.literal(false) }),
    build: z.strictObject({ automatically_update_urls_on_dev: z.boolean() }),
    webhooks: z.strictObject({ api_version: z.string(), subscriptions: z.array(subscription) }),
  })
  .parse(parse(read('shopify.app.toml')));

const { subscriptions } = app.webhooks;
const asked = subscriptions.flatMap((entry) =>
  'topics' in entry ? entry.topics.map((name) => ({ name, fields: entry.include_fields })) : [],
);
const sorted = (names: Iterable<string>) => [...names].sort();

describe('shopify.app.toml', () => {
  it('subscribes once to every topic the app translates, and to no other', () => {
    const wanted = topics.filter(({ subscribed }) => subscribed).map(({ name }) => name);
    expect(sorted(asked.map(({ name }) => name))).toEqual(sorted(wanted));
  });

  it('names every compliance topic once', () => {
    const named = subscriptions.flatMap((entry) => ('compliance_topics' in entry ? entry.compliance_topics : []));
    const wanted = topics.filter(({ compliance }) => compliance).map(({ name }) => name);
    expect(sorted(named)).toEqual(sorted(wanted));
  });

  it.each(topics.filter(({ subscribed }) => subscribed))(
    'asks for the fields of $name that its schema reads, and no others',
    ({ name, includeFields }) => {
      const fields = asked.find((entry) => entry.name === name)?.fields ?? [];
      expect(sorted(fields)).toEqual(sorted(includeFields));
    },
  );

  it('sends everything to the single route for webhooks', () => {
    expect(new Set(subscriptions.map(({ uri }) => uri))).toEqual(new Set(['/webhooks']));
  });

  it('asks only for the scopes the topics need, at the API version of the schemas', () => {
    expect(app.access_scopes.scopes).toBe('read_customers,read_orders,read_customer_merge');
    expect(app.webhooks.api_version).toBe('2026-10');
  });
});

describe('shopify.web.toml', () => {
  const web = z
    .strictObject({
      name: z.string(),
      roles: z.array(z.string()),
      webhooks_path: z.string(),
      commands: z.strictObject({ predev: z.string(), dev: z.string(), build: z.string() }),
    })
    .parse(parse(read('shopify.web.toml')));

  it('sends pages, API and webhooks to the same server', () => {
    expect(web).toMatchObject({ roles: ['frontend', 'backend'], webhooks_path: '/webhooks' });
  });

  it.each(Object.entries(web.commands))('names for %s a script that exists: %s', (_, command) => {
    const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read('package.json')));
    expect(Object.keys(scripts)).toContain(command.replace(/^npm (run )?/, ''));
  });
});
