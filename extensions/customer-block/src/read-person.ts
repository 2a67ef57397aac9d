/**
 * One address of a person. `state`: Shopify's word; `told`: the permission that Ascent360 last
 * accepted. Times in ISO 8601.
 */
export type Consent = {
  address: string | null;
  state: string | null;
  since: string | null;
  told: boolean | null;
  toldAt: string | null;
};

/**
 * `acceptedAt`: when Ascent360 last accepted the event's record, whatever its state is now. `text`:
 * its sentence, by code, and the ones that follow.
 */
export type TimelineEntry = {
  kind: string;
  at: string;
  topic?: string;
  state?: string;
  reason?: string | null;
  acceptedAt?: string | null;
  text?: Said | null;
};
type Said = { code: string; next?: Said };

/**
 * What the app's API returns for a person (GET /api/people/:id); there are more keys, these are
 * used.
 */
export type Person = {
  id: string;
  customerId: string | null;
  deletedAt: string | null;
  consent: { email: Consent; sms: Consent };
  timeline: TimelineEntry[];
};

/** The result of a call, by what the merchant can be told. */
export type Read =
  | { kind: 'known'; person: Person }
  /** Nothing about this customer has reached the app. */
  | { kind: 'unknown' }
  /** Shopify gave this staff member no ID token for the app. */
  | { kind: 'no_permission' }
  | { kind: 'failing' };

/** `gid://shopify/Customer/123` → `123` */
const digitsOf = (gid: string) => gid.slice(gid.lastIndexOf('/') + 1);

/** The app's API; the admin resolves the path against the app's URL and adds the ID token. */
async function call<T>(path: string, init?: RequestInit): Promise<{ status: number; body: T | null }> {
  const response = await fetch(path, init);
  return { status: response.status, body: response.ok ? await response.json() : null };
}

const refused = (status: number) => status === 401 || status === 403;

/** So that the block doesn't say for ever that it loads, in milliseconds: as long as the app's pages wait. */
const ANSWER_WITHIN = 20_000;

/** The person who is this customer. Never throws. */
export async function readPerson(customerGid: string): Promise<Read> {
  const late = new Promise<Read>((resolve) => setTimeout(() => resolve({ kind: 'failing' }), ANSWER_WITHIN));
  return await Promise.race([findPerson(customerGid), late]);
}

async function findPerson(customerGid: string): Promise<Read> {
  const customerId = digitsOf(customerGid);
  try {
    const found = await call<{ items: { id: string; customerId: string | null }[] }>(
      `/api/people?q=${encodeURIComponent(customerId)}`,
    );
    if (refused(found.status)) return { kind: 'no_permission' };
    if (!found.body) return { kind: 'failing' };
    const item = found.body.items.find((one) => one.customerId === customerId);
    if (!item) return { kind: 'unknown' };
    const { status, body } = await call<Person>(`/api/people/${item.id}`);
    if (body) return { kind: 'known', person: body };
    if (refused(status)) return { kind: 'no_permission' };
    return { kind: status === 404 ? 'unknown' : 'failing' };
  } catch {
    return { kind: 'failing' };
  }
}

const refusals = ['deleted_person', 'no_contact'] as const;
export type Refusal = (typeof refusals)[number] | 'failed';

/**
 * Sends the person as last known.
 * @returns null if it is on its way, otherwise why not, as a key of the texts
 */
export async function sendNow(personId: string): Promise<Refusal | null> {
  try {
    const response = await fetch(`/api/people/${personId}/send`, { method: 'POST' });
    if (response.ok) return null;
    if (response.status !== 409) return 'failed';
    const said: { errors?: { text?: { code?: string } }[] } = await response.json();
    const why = said.errors?.[0]?.text?.code?.split('.').at(-1);
    return refusals.find((known) => known === why) ?? 'failed';
  } catch {
    return 'failed';
  }
}
