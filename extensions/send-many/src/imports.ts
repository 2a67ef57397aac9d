/** Whom to send. Ids as Shopify gives them, `gid://shopify/…`. */
export type Ask = { kind: 'customers'; customerIds: string[] } | { kind: 'customers'; segmentId: string };

type Flags = { true: number; false: number };

/** An import as the app's API returns it; there are more keys, these are used. */
export type Import = {
  id: string;
  state: 'counting' | 'counted' | 'running' | 'paused' | 'done' | 'cancelled' | 'failed';
  /** Why it failed, or what holds it up, by code. */
  text: { code: string } | null;
  counts: {
    records: number;
    contacts: number;
    skipped: Record<string, number>;
    flags: { EmailPermission: Flags; SMSPermission: Flags };
    lists: number;
    smsOptInTexts: number;
  };
};

/** The result of a call. `refused`: why, as a key of the texts. */
export type Answer =
  | { kind: 'import'; import: Import }
  | { kind: 'refused'; why: Why }
  | { kind: 'no_permission' }
  | { kind: 'failing' };

const known = ['other_import', 'import_state', 'not_connected', 'ids_long', 'no_segment'] as const;
type Why = `why.${(typeof known)[number]}` | 'why.refused' | 'not_counted' | 'unclear';

/** The text for one of the app's codes; null: none. */
export function whyOf(code: string | undefined): Why | null {
  const reason = known.find((one) => one === code?.split('.').at(-1));
  return reason ? `why.${reason}` : null;
}

const holding = ['no_access', 'later'] as const;

/** The text for what holds up a count; null: nothing does, or it only takes its time. */
export function heldBy({ text }: Import): `held.${(typeof holding)[number]}` | null {
  const reason = holding.find((one) => text?.code === `import.${one}`);
  return reason ? `held.${reason}` : null;
}

/**
 * The app's API; the admin resolves the path against the app's URL and adds the ID token. Never
 * throws.
 */
async function call(path: string, body?: object, method = 'POST'): Promise<Answer> {
  try {
    const response = await fetch(path, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (response.ok) return { kind: 'import', import: await response.json() };
    if (response.status === 401 || response.status === 403) return { kind: 'no_permission' };
    if (response.status !== 409 && response.status !== 422) return { kind: 'failing' };
    const said: { errors?: { text?: { code?: string } }[] } = await response.json();
    return { kind: 'refused', why: whyOf(said.errors?.[0]?.text?.code) ?? 'why.refused' };
  } catch {
    return { kind: 'failing' };
  }
}

/** In milliseconds: as long as the app's pages wait. */
const ANSWER_WITHIN = 20_000;

/** Starts counting what would be sent. */
export const beginImport = async (ask: Ask) => await call('/api/imports', ask);
/** A look that isn't answered in time has failed; the next may be. What changes something waits. */
export async function readImport(id: string): Promise<Answer> {
  const late = new Promise<Answer>((resolve) => setTimeout(() => resolve({ kind: 'failing' }), ANSWER_WITHIN));
  return await Promise.race([call(`/api/imports/${id}`, undefined, 'GET'), late]);
}
export const startImport = async (id: string) => await call(`/api/imports/${id}/start`);
export const cancelImport = async (id: string) => await call(`/api/imports/${id}/cancel`);
