/** A stand-in for an OpenTelemetry collector: takes spans as OTLP/HTTP in JSON. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

type Value = { stringValue?: string; intValue?: number | string };
type Attribute = { key: string; value: Value };
type SentSpan = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: Attribute[];
  status?: { code?: number };
};
type Sent = {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: SentSpan[] }[] }[];
};

export type ReceivedSpan = {
  traceId: string;
  spanId: string;
  parent: string | null;
  name: string;
  /** Nanoseconds since 1970. */
  from: bigint;
  to: bigint;
  attributes: Record<string, string | number>;
  failed: boolean;
  /** `connector.role` of the process. */
  role: unknown;
  service: unknown;
};

export type FakeCollector = {
  url: string;
  spans(): ReceivedSpan[];
  /** The bodies as they came. */
  raw(): string[];
  /** How many requests came, answered or not. */
  requests(): number;
  close(): Promise<void>;
};

const valuesOf = (attributes: readonly Attribute[] = []) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)] as const));

function spansIn(raw: string): ReceivedSpan[] {
  const sent: Sent = JSON.parse(raw);
  return sent.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const process = valuesOf(resource.attributes);
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parent: span.parentSpanId || null,
        name: span.name,
        from: BigInt(span.startTimeUnixNano),
        to: BigInt(span.endTimeUnixNano),
        attributes: valuesOf(span.attributes),
        failed: span.status?.code === 2,
        role: process['connector.role'],
        service: process['service.name'],
      })),
    );
  });
}

/** @param options.hangs it takes requests and never answers */
export async function startCollector(options: { hangs?: boolean } = {}): Promise<FakeCollector> {
  const bodies: string[] = [];
  let requests = 0;
  const server = createServer((req, res) => {
    requests++;
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      if (options.hangs) return;
      const isRight = req.method === 'POST' && req.url === '/v1/traces';
      if (isRight) bodies.push(Buffer.concat(chunks).toString());
      res.writeHead(isRight ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    spans: () => bodies.flatMap(spansIn),
    raw: () => bodies,
    requests: () => requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
