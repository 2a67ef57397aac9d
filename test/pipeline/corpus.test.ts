import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connector, startConnector } from '../fakes/connector.ts';
import { readCorpus } from '../fakes/corpus.ts';

/** The topic that each folder's bodies are sent under. */
const TOPIC_OF: Record<string, string> = {
  'rest-customer': 'customers/update',
  'rest-order': 'orders/create',
  'orders-any': 'orders/updated',
  'refunds-create': 'refunds/create',
  'app-scopes-update': 'app/scopes_update',
  'app-uninstalled': 'app/uninstalled',
  'customers-data-request': 'customers/data_request',
  'customers-email-marketing-consent-update': 'customers_email_marketing_consent/update',
  'customers-marketing-consent-update': 'customers_marketing_consent/update',
  'customers-whats-app-marketing-consent-update': 'customers_whats_app_marketing_consent/update',
  'customers-purchasing-summary': 'customers/purchasing_summary',
};
const topicOf = (folder: string) => TOPIC_OF[folder] ?? folder.replace('-', '/');

const bodies = readCorpus().map(({ folder, file, text }) => ({
  name: `${folder}/${file}`,
  topic: topicOf(folder),
  text,
}));

/** Why a body may be skipped, judged from the body alone, without using the app's own code. */
function trueOf(reason: string | null, topic: string, body: Record<string, unknown>): boolean {
  const text = JSON.stringify(body);
  switch (reason) {
    case 'no_contact':
      return !/@[\w-]+\.\w/.test(text) || topic.includes('consent');
    case 'no_choice':
      return !/"state":"(subscribed|unsubscribed)"/i.test(text);
    case 'unknown_topic':
      return /refunds|edited|cancelled|orders\/delete|purchasing/.test(topic);
    case 'recorded':
      return /whats_app|tags|merge/.test(topic);
    case 'lifecycle':
      return /^(app|shop)\//.test(topic);
    case 'privacy':
      return /redact|data_request/.test(topic);
    case 'deleted_person':
      return topic === 'customers/delete';
    case 'merge_not_completed':
      return topic === 'customers/merge' && body['status'] !== 'completed';
    default:
      return false;
  }
}

describe.skipIf(bodies.length === 0)('the corpus of public webhook bodies', () => {
  let connector: Connector;
  beforeAll(async () => {
    connector = await startConnector();
  });
  afterAll(async () => await connector.stop());

  it('is large', () => {
    expect(bodies.length).toBeGreaterThan(50);
  });

  it.each(bodies)('$name ends as accepted, or is skipped for a reason that is true of it', async ({ topic, text }) => {
    const shop = `corpus-${randomUUID()}.myshopify.com`;
    const guid = await connector.connect({ send: { testOrders: true } }, shop);
    const row = await connector.deliver(topic, text, { shop });
    const sent = connector.ascent360.receivedFor(guid);
    expect(sent.flatMap((record) => record.faults)).toEqual([]);
    if (row.state === 'accepted') {
      expect(sent).toHaveLength(1);
    } else {
      expect(row.state).toBe('skipped');
      expect(sent).toEqual([]);
      expect(trueOf(row.reason, topic, JSON.parse(text)), `${row.reason} for ${topic}`).toBe(true);
    }
  });
});
