import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createKeys } from '../../../server/platform/keys.ts';
import { namesPerson, unsearchableEvents } from '../../../server/store/erase/unsearchable-events.ts';
import { bodyBinding } from '../../../server/store/events/events.ts';
import { SHOP } from '../../fakes/connector.ts';

const ADA = {
  customerIds: ['7065001'],
  orderIds: new Set(['991']),
  emails: ['ada@example.com'],
  phones: ['+15005550106'],
};
const MB = 1_000_000;
const LONG = 3 * MB;

describe('a body that could not be read', () => {
  it.each([
    ['{"email":"ADA@Example.com",', true],
    ['{"email":"\\u0061da\\u0040example.com",', true],
    ['{"email":"\\U0061DA\\u0040example.com', true],
    ['{"email":"ada\\u0040example.com\\', true],
    ['{"note":"\\ud83d\\ude00 \\"ada@example.com\\"\\', true],
    ['{"note":"C:\\\\u0061da@example.com"', false],
    ['{"note":"\\nada@example.com"', true],
    ['{"email":"\\u00da@example.com"', false],
    ['{"email":"lada@example.com"', false],
    ['{"id": 7065001, ', true],
    ['{"id": 17065001, ', false],
    ['{"phone":"+1 (500) 555-01.06"', true],
    ['{"phone":"0500/5550106"', true],
    ['{"phone":"500 x 555 0106"', false],
    ['{"id":991', true],
    ['{"admin_graphql_api_id":"gid:\\/\\/shopify\\/Order\\/991', true],
    ['{"id":9910', false],
    ['{"total":991,', false],
  ])('that says %s names the person: %s', (text, names) => {
    expect(namesPerson(text, ADA)).toBe(names);
  });

  it.each([
    ['backslashes', '\\'],
    ['short escapes', '\\n'],
    ['codes', '\\u0040'],
    ['digits apart', '5 '],
    ['ids of others', '"id":7,'],
  ])('takes little longer to search if it is nothing but %s: it stops no webhook for seconds', (_, piece) => {
    const took = (text: string) => {
      const began = performance.now();
      expect(namesPerson(text, ADA)).toBe(false);
      return performance.now() - began;
    };
    const plain = Math.max(...[1, 2, 3].map(() => took('x'.repeat(LONG))));
    expect(took(piece.repeat(LONG / piece.length)) / plain).toBeLessThan(100);
  });
});

describe('bodies that could not be read', () => {
  const keys = createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }]);
  const { wrappedKey, wrapKeyId } = keys.create(SHOP);
  const shop = { id: 1, domain: SHOP, vault: keys.unlock(SHOP, wrappedKey, wrapKeyId) };

  /** Searches bodies, and says in which statements how many bytes of them came. */
  async function search(bodies: readonly string[], topic = 'orders/updated') {
    const rows = bodies.map((text, n) => {
      const id = `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
      return { id, topic, body: shop.vault.seal(bodyBinding(id), text) };
    });
    const pages: number[] = [];
    const query = async (text: string, [ids]: readonly unknown[] = []): Promise<object[]> => {
      // All of them are of today.
      if (text.includes('generate_series')) return [{ at: new Date() }];
      if (!Array.isArray(ids)) return rows.map(({ id, body }) => ({ id, bytes: body.length }));
      const asked = new Set(ids);
      const page = rows.filter(({ id }) => asked.has(id));
      pages.push(page.reduce((sum, { body }) => sum + body.length, 0));
      return page;
    };
    const found = await unsearchableEvents({ query: query as never }, shop, ADA, (id) => id === '7');
    return { pages, found: found.map((id) => rows.findIndex((row) => row.id === id)) };
  }

  it('are fetched together if they are small: thousands take a few statements', async () => {
    const bodies = Array.from({ length: 3000 }, (_, n) => (n % 1000 === 7 ? 'ada@example.com' : `{"n": "x${n}"`));
    const { pages, found } = await search(bodies);
    expect(found).toEqual([7, 1007, 2007]);
    expect(pages.length).toBeLessThan(20);
  });

  it('are fetched one by one if they are large', async () => {
    const noise = (n: number) =>
      Buffer.from(crypto.getRandomValues(new Uint8Array(60_000)))
        .toString('hex')
        .repeat(10) + n;
    const { pages, found } = await search([...[1, 2, 3, 4, 5].map(noise), 'ada@example.com', ...[6, 7].map(noise)]);
    expect(found).toEqual([5]);
    expect(Math.max(...pages)).toBeLessThan(2 * MB);
  });

  it('are each read once, however long reading takes: the database is heard from meanwhile', async () => {
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 400));
    onTestFinished(() => clock.mockRestore());
    const { pages, found } = await search(Array.from({ length: 12 }, () => 'ada@example.com'));
    expect(found).toHaveLength(12);
    expect(pages.length).toBeGreaterThan(1);
  });

  it('that name an order are about it only if their topic is', async () => {
    expect((await search(['{"id":991'])).found).toEqual([0]);
    expect((await search(['{"id":991'], 'customers/update')).found).toEqual([]);
  });

  it('and are another customer’s request stay: they may have the same phone', async () => {
    const asking = (id: unknown) => JSON.stringify({ customer: { email: null, id, phone: '+15005550106' } });
    for (const topic of ['customers/data_request', 'customers/redact']) {
      expect((await search([asking(7), asking(8), asking('7'), asking(null), '[]'], topic)).found).toEqual([1, 3]);
    }
    expect((await search([asking(7)])).found).toEqual([0]);
  });
});
