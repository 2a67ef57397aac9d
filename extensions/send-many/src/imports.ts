/** Whom to send. Ids as Shopify gives them, `gid://shopify/…`. */
export type Ask = { kind: 'customers'; customerIds: string[] } | { kind: 'customers'; segmentId: string };

type Flags = { true: number; false: number };

/** An import as the app's API has it; more keys come, these are used. */
export type Import = {
  id: string;
  state: 'counting' | 'counted' | 'running' | 'paused' | 'done' | 'cancelled' | 'failed';
  message: string | null;
  counts: {
    records: number;
    contacts: number;
    skipped: Record<string, number>;
    flags: { EmailPermission: Flags; SMSPermission: Flags };
    lists: number;
    smsOptInTexts: number;
  };
};

/** What a call came to. `refused`: the app's own sentence says why. */
export type Answer =
  | { kind: 'import'; import: Import }
  | { kind: 'refused'; message: string }
  | { kind: 'no_permission' }
  | { kind: 'failing' };

/** The app's API; the admin resolves the path against the app's address and adds the ID token. Never throws. */
async function call(path: string, body?: object, method = 'POST'): Promise<Answer> {
  try {
    const response = await fetch(path, {
      method,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (response.ok) return { kind: 'import', import: await response.json() };
    if (response.status === 401 || response.status === 403) return { kind: 'no_permission' };
    if (response.status !== 409 && response.status !== 422) return { kind: 'failing' };
    const said: { errors?: { message?: string }[] } = await response.json();
    const message = said.errors?.map((error) => error.message ?? '').join(' ') ?? '';
    return message ? { kind: 'refused', message } : { kind: 'failing' };
  } catch {
    return { kind: 'failing' };
  }
}

/** Begins to count what would go out. */
export const beginImport = async (ask: Ask) => await call('/api/imports', ask);
export const readImport = async (id: string) => await call(`/api/imports/${id}`, undefined, 'GET');
export const startImport = async (id: string) => await call(`/api/imports/${id}/start`);
export const cancelImport = async (id: string) => await call(`/api/imports/${id}/cancel`);
