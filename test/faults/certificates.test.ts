import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { selfSignedCertificate } from '../ascent360/self-signed-certificate.ts';
import { startAscent360 } from '../fakes/ascent360.ts';
import { until } from '../fakes/connector.ts';
import { type ConnectorProcess, startWorld } from '../fakes/connector-process.ts';
import { sendUntilTaken, someCustomer } from '../fakes/fault-oracle.ts';

const DAY = 86_400_000;
const fromNow = (days: number) => new Date(Date.now() + days * DAY);

/** A certificate that the process trusts, so that only its other faults count. */
async function trusted(certificate: { cert: string }): Promise<Record<string, string>> {
  const dir = await mkdtemp(path.join(tmpdir(), 'connector-certificate-'));
  onTestFinished(async () => await rm(dir, { recursive: true }));
  await writeFile(path.join(dir, 'cert.pem'), certificate.cert);
  return { NODE_EXTRA_CA_CERTS: path.join(dir, 'cert.pem') };
}

type Attempt = { class: string; status: number | null; error: string | null };

async function firstAttempt(
  connector: ConnectorProcess,
  webhookId: string,
): Promise<{ state: string; attempt: Attempt }> {
  return await until('an attempt failed', async () => {
    const { body } = await connector.api('GET', `/activity?q=${webhookId}`);
    const [item] = (body as { items: { id: string }[] }).items;
    if (!item) return undefined;
    const detail = await connector.api('GET', `/activity/${item.id}`);
    const { state, attempts } = detail.body as { state: string; attempts: Attempt[] };
    const [attempt] = attempts;
    // The event is read just before its attempts: one may have begun or ended in between.
    return attempt?.error && !['waiting', 'sending'].includes(state) ? { state, attempt } : undefined;
  });
}

describe('a receiver that can’t be trusted or found', () => {
  const expired = selfSignedCertificate({ host: '127.0.0.1', from: fromNow(-10), to: fromNow(-1) });
  const wrongHost = selfSignedCertificate({ host: 'other.example.com', from: fromNow(-1), to: fromNow(1) });
  const selfSigned = selfSignedCertificate({ host: '127.0.0.1', from: fromNow(-1), to: fromNow(1) });

  it.each([
    ['expired', expired, true, 'tls_certificate_expired'],
    ['made for another host', wrongHost, true, 'tls_wrong_host'],
    ['self-signed', selfSigned, false, 'tls_self_signed'],
  ])(
    'row 19: with a certificate that is %s gets nothing, the event is retried, and the log names the fault',
    async (_, tls, trust, error) => {
      const receiver = await startAscent360({ tls });
      onTestFinished(receiver.close);
      const world = await startWorld({
        env: { ASCENT360_BASE_URL: receiver.url, RETRY_SCHEDULE: '1m', ...(trust ? await trusted(tls) : {}) },
      });
      onTestFinished(world.close);
      const connector = await world.run();
      await world.connect(connector);
      const { webhookId } = await sendUntilTaken(() => connector, someCustomer());
      expect(await firstAttempt(connector, webhookId)).toMatchObject({
        state: 'retrying',
        attempt: { class: 'retry', status: null, error },
      });
      expect(receiver.received).toEqual([]);
    },
  );

  it('row 19: with a correct certificate is accepted', async () => {
    const receiver = await startAscent360({ tls: selfSigned });
    onTestFinished(receiver.close);
    const world = await startWorld({ env: { ASCENT360_BASE_URL: receiver.url, ...(await trusted(selfSigned)) } });
    onTestFinished(world.close);
    const connector = await world.run();
    await world.connect(connector);
    await sendUntilTaken(() => connector, someCustomer());
    await receiver.until(1);
  });

  it('row 19: with a host unknown to DNS: the event is retried, and the log names the fault', async () => {
    const world = await startWorld({ env: { ASCENT360_BASE_URL: 'https://nowhere.invalid' } });
    onTestFinished(world.close);
    const connector = await world.run();
    await world.connect(connector);
    const { webhookId } = await sendUntilTaken(() => connector, someCustomer());
    expect(await firstAttempt(connector, webhookId)).toMatchObject({
      attempt: { class: 'retry', status: null, error: expect.stringMatching(/^dns_(not_found|failed)$/) },
    });
  });
});
