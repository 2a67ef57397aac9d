import { createKeys } from '../../../server/platform/keys.ts';
import { type Connector, SHOP, until } from '../../fakes/connector.ts';
import { placesThatHold } from '../../fakes/decrypting-search.ts';

/** The keys of test/fakes/connector.ts. */
export const keys = createKeys([{ id: 'k1', bytes: Buffer.alloc(32, 7) }]);

/**
 * Someone whose every value contains "canary", or is too long to turn up in a random id, so that
 * whatever is kept about them is found and nothing else is.
 */
export const CANARY = { id: 5_005_550_104_242, email: 'Canary.Person@example.com', phone: '+15005550106' };
export const whole = {
  first_name: 'Canaryfirst',
  last_name: 'Canarylast',
  default_address: { address1: '1 Canarystreet', city: 'Canarytown', country_code: 'US' },
};

/** The columns that hold something of the canary's. */
export async function kept(connector: Connector, person: { email: string; phone: string } = CANARY) {
  // Until it ends, a check of the ledger keeps its place: the key of the last person it looked at.
  return await until('no check of the ledger is under way', async () => {
    const places = await placesThatHold(connector.db, keys, {
      pattern: new RegExp(`canary|${person.phone.slice(1)}`, 'i'),
      values: [person.email, person.email.toLowerCase(), person.phone, person.phone.slice(1)],
    });
    return places.some((place) => place.startsWith('ledger_checks.')) ? undefined : places;
  });
}

export type Item = {
  id: string;
  kind: string;
  requestId: string;
  receivedAt: string;
  dueAt: string;
  state: string;
  doneAt: string | null;
  message: string;
  askText: string;
  who?: object;
};

export async function requests(connector: Connector, shop = SHOP): Promise<Item[]> {
  const { status, body } = await connector.api('GET', '/privacy-requests', undefined, shop);
  if (status !== 200) throw new Error(`${status}`);
  return (body as { items: Item[] }).items;
}

export const redact = (customer: object, orders: number[] = []) => ({
  shop_id: 1,
  shop_domain: SHOP,
  customer,
  orders_to_redact: orders,
});
