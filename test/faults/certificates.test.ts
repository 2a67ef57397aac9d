import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { selfSignedCertificate } from '../ascent360/self-signed-certificate.ts';
import { DAY } from '../durations.ts';
import { startAscent360 } from '../fakes/ascent360.ts';
import { type Connector, startConnector, until } from '../fakes/connector.ts';
import { sendUntilTaken, someCustomer } from '../fakes/fault-oracle.ts';

const fromNow = (days: number) => new Date(Date.now() + days * DAY);

/** From here on this process trusts it too, so that only its other faults count. */
function trust({ cert }: { cert: string }): void {
  const before = getCACertificates('default');
  onTestFinished(() => setDefaultCACertificates(before));
  setDefaultCACertificates([...before, cert]);
}

async function connectorTo(receiver: string): Promise<Connector> {
  const connector = await startConnector({ ASCENT360_BASE_URL: receiver, RETRY_SCHEDULE: '1m' });
  onTestFinished(connector.stop);
  await connector.connect();
  return connector;
}

type Attempt = { class: string; status: number | null; error: string | null };

async function firstAttempt(connector: Connector, webhookId: string): Promise<{ state: string; attempt: Attempt }> {
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
    async (_, tls, isTrusted, error) => {
      const receiver = await startAscent360({ tls });
      onTestFinished(receiver.close);
      if (isTrusted) trust(tls);
      const connector = await connectorTo(receiver.url);
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
    trust(selfSigned);
    const connector = await connectorTo(receiver.url);
    await sendUntilTaken(() => connector, someCustomer());
    await receiver.until(1);
  });

  it('row 19: with a host unknown to DNS: the event is retried, and the log names the fault', async () => {
    const connector = await connectorTo('https://nowhere.invalid');
    const { webhookId } = await sendUntilTaken(() => connector, someCustomer());
    expect(await firstAttempt(connector, webhookId)).toMatchObject({
      attempt: { class: 'retry', status: null, error: expect.stringMatching(/^dns_(not_found|failed)$/) },
    });
  });
});
