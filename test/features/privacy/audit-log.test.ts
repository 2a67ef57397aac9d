import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyExport } from '../../../server/domain/audit/verify.ts';
import { sweepOnce } from '../../../server/pipeline/sweep.ts';
import { createLog } from '../../../server/platform/log.ts';
import { createLocalQueue } from '../../../server/platform/queue/queue.ts';
import { tamperings } from '../../domain/audit/tamper.ts';
import { API_KEY, type Connector, SECRET, SHOP, startConnector, until } from '../../fakes/connector.ts';
import { signIdToken } from '../../fakes/id-token.ts';
import { ago, customer, EMAIL, emailConsent, MINUTE, SECOND, SMS, smsConsent } from '../../pipeline/bodies.ts';
import { CANARY, keys, redact, requests, whole } from './scene.ts';

type Entry = Record<string, unknown> & { seq: number; kind: string };

const log = createLog('silent');
let connector: Connector;
beforeEach(async () => {
  // What hangs is not given up before its process is said to have died.
  connector = await startConnector({ DELIVERY_TIMEOUT: '40s' });
  await connector.connect();
});
afterEach(async () => await connector.stop());

/** GET /api/audit as text. */
async function exportOf(query = ''): Promise<string> {
  const token = await signIdToken({ apiKey: API_KEY, secret: SECRET, shop: SHOP });
  const answer = await fetch(`${connector.url}/api/audit${query}`, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toMatch(/^application\/x-ndjson/);
  return await answer.text();
}
const entriesOf = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry)
    .filter(({ kind }) => kind !== 'end');
const of = async (kind: string) => entriesOf(await exportOf()).filter((entry) => entry.kind === kind);

/**
 * A person who opts in, opts out, and is rejected once; a held choice; settings; a privacy request.
 */
async function live(): Promise<void> {
  await connector.deliver('customers/create', customer(CANARY.id, { ...CANARY, ...whole }));
  await connector.deliver(EMAIL, emailConsent(CANARY.id, 'subscribed', ago(MINUTE), { email_address: CANARY.email }));
  await connector.deliver(SMS, smsConsent(CANARY.id, 'unsubscribed', ago(MINUTE), CANARY.phone));
  await connector.deliver(EMAIL, emailConsent(2, 'subscribed', '2020-01-01T00:00:00Z'));
  connector.ascent360.behave([{ status: 422 }]);
  await connector.deliver(EMAIL, emailConsent(CANARY.id, 'unsubscribed', ago(SECOND), { email_address: CANARY.email }));
  await connector.deliver('customers/data_request', { customer: CANARY, orders_requested: [] });
}

describe('the audit log', () => {
  it('has each decision with its rule, each attempt with its outcome, each change of settings, each privacy action', async () => {
    await live();
    await connector.api('PUT', '/settings', { guid: null, sourceName: 'Other' });
    const [request] = await requests(connector);
    await connector.api('GET', `/privacy-requests/${request?.id}/export`);
    await connector.api('POST', `/privacy-requests/${request?.id}/done`);
    await connector.api('POST', `/privacy-requests/${request?.id}/done`);
    // The rejected opt-out may be sent once more, as the settings have changed.
    const { decisions, attempts } = await until('each decision to send has its attempt', async () => {
      const all = entriesOf(await exportOf());
      const decisions = all.filter(({ kind }) => kind === 'decision');
      const attempts = all.filter(({ kind }) => kind === 'attempt');
      const sent = new Set(decisions.flatMap(({ decision, attempt }) => (decision === 'sent' ? [attempt] : [])));
      return sent.size === new Set(attempts.map(({ attempt }) => attempt)).size ? { decisions, attempts } : undefined;
    });
    expect(decisions).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ channel: 'email', decision: 'sent', value: true, rule: 'due' }),
        expect.objectContaining({ channel: 'sms', decision: 'sent', value: false, rule: 'due' }),
        expect.objectContaining({ channel: 'email', decision: 'held', rule: 'history_held' }),
      ]),
    );
    const sent = decisions.filter(({ decision }) => decision === 'sent');
    expect(new Set(attempts.map(({ attempt }) => attempt))).toEqual(new Set(sent.map(({ attempt }) => attempt)));
    expect(attempts.map(({ flags, outcome, status }) => [flags, outcome, status])).toEqual(
      expect.arrayContaining([
        [{ email: true }, 'accepted', 200],
        [{ email: false }, 'rejected', 422],
      ]),
    );
    expect((await of('settings')).map(({ field, old, new: now }) => [field, old, now])).toEqual(
      expect.arrayContaining([
        ['guid', null, connector.guid.slice(-4)],
        ['sourceName', '"Shopify"', '"Other"'],
      ]),
    );
    expect((await of('privacy')).map(({ action, request: about }) => [action, about])).toEqual([
      ['data_request', request?.id],
      ['exported', request?.id],
      ['done', request?.id],
    ]);
  });

  it('has no export that was only asked for with HEAD, which gives nothing', async () => {
    await connector.deliver('customers/data_request', { customer: CANARY, orders_requested: [] });
    const [request] = await requests(connector);
    const token = await signIdToken({ apiKey: API_KEY, secret: SECRET, shop: SHOP });
    const asked = { method: 'HEAD', headers: { authorization: `Bearer ${token}` } };
    const answer = await fetch(`${connector.url}/api/privacy-requests/${request?.id}/export`, asked);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET']);
    expect((await of('privacy')).map(({ action }) => action)).toEqual(['data_request']);
  });

  it('holds no personal data and no secret', async () => {
    await live();
    const text = await exportOf();
    expect(text).not.toMatch(/canary/i);
    for (const value of [CANARY.phone.slice(1), String(CANARY.id), connector.guid]) expect(text).not.toContain(value);
    expect(text).not.toContain('"who":"42"');
  });

  it('is valid when exported, and the verifier finds each line changed, dropped, swapped, repeated or inserted', async () => {
    await live();
    const text = await exportOf();
    expect(verifyExport(text)).toMatchObject({ ok: true, first: 1 });
    const all = tamperings(text);
    expect(all.length).toBeGreaterThan(30);
    expect(all.filter((one) => verifyExport(one.text).ok || !named(one.text, one.line))).toEqual([]);
  });

  it('can be checked offline by a command that exits with 1 and names the line', async () => {
    await live();
    const text = await exportOf();
    const lines = text.split('\n');
    expect(await command(text)).toMatchObject({ code: 0, said: expect.stringContaining('fit') });
    const dropped = [...lines.slice(0, 2), ...lines.slice(3)].join('\n');
    expect(await command(dropped)).toMatchObject({ code: 1, said: expect.stringContaining('Line 3 does not fit') });
  });

  it.each([
    ['without a file', [], /^An argument is missing\. Usage: npm run audit:verify -- FILE .*\n$/],
    [
      'with several, of which it would check the first',
      ['README.md', 'LICENSE'],
      /^Unexpected argument 'LICENSE'\. Usage: npm run audit:verify -- FILE .*\n$/,
    ],
    ['with an option', ['--quiet'], /^Unknown option '--quiet'\. Usage: npm run audit:verify -- FILE .*\n$/],
    ['with one that isn’t there', ['no/such.jsonl'], /^no\/such\.jsonl can't be read: ENOENT\n$/],
    ['with a folder', ['server'], /^server can't be read: EISDIR\n$/],
  ])('the command %s says what is wrong in one line, and exits with 2', async (_, files, line) => {
    expect(await verify(...files)).toEqual({ code: 2, said: expect.stringMatching(line) });
  });

  it('stays complete when a person is erased, and then links nothing to them, even for someone with the keys', async () => {
    await live();
    const before = await exportOf();
    const [shop] = await connector.db.query<{ wrapped_key: Uint8Array; wrap_key_id: string }>(
      'SELECT wrapped_key, wrap_key_id FROM shops',
    );
    const ids = await connector.db.query<{ id: string }>('SELECT id FROM people');
    const vault = keys.unlock(SHOP, shop?.wrapped_key ?? Buffer.alloc(0), shop?.wrap_key_id ?? '');
    const email = vault.hash('email', CANARY.email.toLowerCase());
    // The page of the canary is open, and is loaded again after they were erased.
    const look = async () => {
      for (const { id } of ids) await connector.api('GET', `/people/${id}`);
    };
    await look();
    const looks = () => connector.db.query("SELECT 1 FROM access_log WHERE what = 'person'");
    const looked = (await looks()).length;
    const linked = (text: string, known: readonly { id: string }[]) =>
      known.some(({ id }) => text.includes(vault.hash('audit', `${id}\nemail\n${email}`)));
    expect(linked(before, ids)).toBe(true);
    await connector.deliver('customers/redact', redact(CANARY));
    expect((await looks()).length).toBe(looked);
    await look();
    const after = await exportOf();
    expect(verifyExport(after)).toMatchObject({ ok: true, first: 1 });
    expect(after.startsWith(before.slice(0, before.trimEnd().lastIndexOf('\n')))).toBe(true);
    expect(entriesOf(after).at(-1)).toMatchObject({ kind: 'privacy', action: 'erased' });
    // The key is nowhere any more.
    expect(linked(after, await connector.db.query<{ id: string }>('SELECT id FROM people'))).toBe(false);
    const gone = new Set(ids.map(({ id }) => id));
    for (const { id } of await connector.db.query<{ id: string }>('SELECT id FROM people')) gone.delete(id);
    for (const [table, column] of [
      ['told', 'address'],
      ['consent_decisions', 'address'],
      ['consent_facts', 'person_id'],
      ['deliveries', 'person_id'],
      ['entity_states', 'person_id'],
      ['access_log', 'about'],
    ]) {
      const rows = await connector.db.query(`SELECT 1 FROM ${table} WHERE ${column}::text = ANY($1::text[])`, [
        [...gone],
      ]);
      expect([table, rows.length]).toEqual([table, 0]);
    }
  });

  it('returns a time span without a gap, and only the end line for one without entries', async () => {
    // All accepted: the daily check would send a rejected one again meanwhile.
    for (const id of [1, 2, 3]) await connector.deliver(EMAIL, emailConsent(id, 'subscribed', ago(MINUTE)));
    const all = entriesOf(await exportOf());
    const middle = all[Math.floor(all.length / 2)];
    const part = await exportOf(`?from=${middle?.['at']}`);
    expect(verifyExport(part)).toMatchObject({ ok: true, last: all.length });
    expect(entriesOf(part)[0]?.['at']).toBe(middle?.['at']);
    const empty = await exportOf('?from=2001-01-01&to=2001-12-31');
    expect(verifyExport(empty)).toMatchObject({ ok: true, first: all.length + 1, last: all.length });
    expect(await connector.api('GET', '/audit?from=yesterday')).toMatchObject({ status: 422 });
  });

  it('shows its newest hash on the privacy page', async () => {
    await live();
    const verdict = verifyExport(await exportOf());
    const { body } = await connector.api('GET', '/privacy-requests');
    expect(body).toMatchObject({ audit: verdict.ok && { seq: verdict.last, hash: verdict.hash } });
  });

  it('has a single end, whatever is written at once', async () => {
    await connector.deliver(EMAIL, emailConsent(1, 'subscribed', ago(MINUTE)));
    await Promise.all([
      ...Array.from({ length: 10 }, (_, i) =>
        connector.deliver(EMAIL, emailConsent(10 + i, 'subscribed', ago(MINUTE))),
      ),
      ...Array.from({ length: 10 }, (_, i) =>
        connector.api('PUT', '/settings', { guid: null, sourceName: `Name ${i}` }),
      ),
    ]);
    expect(verifyExport(await exportOf())).toMatchObject({ ok: true, first: 1 });
    expect((await of('decision')).filter(({ decision }) => decision === 'sent')).toHaveLength(11);
  });

  it('has no entry for what failed: a change of settings', async () => {
    const before = await exportOf();
    await connector.db.query(
      'CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION $q$no$q$; END $$',
    );
    await connector.db.query(
      'CREATE TRIGGER fail BEFORE INSERT ON setting_changes FOR EACH ROW EXECUTE FUNCTION fail()',
    );
    expect(await connector.api('PUT', '/settings', { guid: null, sourceName: 'Other' })).toMatchObject({ status: 500 });
    expect(entriesOf(await exportOf())).toEqual(entriesOf(before));
  });

  it('says that an attempt’s outcome is unknown if its process died', async () => {
    connector.ascent360.behave('hang');
    await connector.send(EMAIL, emailConsent(1, 'subscribed', ago(MINUTE)));
    await expect.poll(async () => (await of('decision')).length).toBeGreaterThan(0);
    await connector.db.query(
      `UPDATE deliveries SET lease_until = now() - interval '1 second' WHERE lease_until IS NOT NULL`,
    );
    await expect
      .poll(async () => {
        await sweepOnce({ db: connector.db, queue: createLocalQueue(log), log });
        return (await of('attempt')).map(({ flags, outcome }) => ({ flags, outcome }));
      })
      .toContainEqual({ flags: { email: true }, outcome: 'unknown' });
    expect(verifyExport(await exportOf())).toMatchObject({ ok: true });
  });
});

const named = (text: string, line: number) => {
  const verdict = verifyExport(text);
  return !verdict.ok && verdict.line === line;
};

/** Runs npm run audit:verify on a file with this text. */
async function command(text: string): Promise<{ code: number | null; said: string }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'audit-'));
  const file = path.join(folder, `${randomUUID()}.jsonl`);
  await writeFile(file, text);
  const answer = await verify(file);
  await rm(folder, { recursive: true });
  return answer;
}

async function verify(...files: string[]): Promise<{ code: number | null; said: string }> {
  const child = spawn(process.execPath, ['server/run.js', 'server/verify-audit.ts', ...files], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (piece: Buffer) => {
      said += piece.toString();
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}
