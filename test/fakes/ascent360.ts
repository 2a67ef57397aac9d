/**
 * A stand-in for Ascent360's inbound webhook, used by tests, the demo and development. Like the
 * real one, it answers 200 to any valid JSON, and to XML that read-xml.ts can read. Unlike it, it
 * lists in `faults` what the real one would silently not have understood. The field table is
 * written out here by hand from Ascent360's help page "webhook-documentation" and shares nothing
 * with the server's code, so that a mistake there isn't repeated here.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { readXml } from './read-xml.ts';

type Mode = 'accept' | 'hang' | 'cut' | 'drip' | 'html' | 'redirect' | 'reset';
/** What to do with one request. Without a status: 200. */
type Behaviour = {
  /** By default `accept`. `cut`, `drip` and `html` take the body first; `reset` doesn't read it. */
  mode?: Mode;
  status?: number;
  retryAfter?: string | number;
  contentType?: string;
  /** The answer's body. */
  answer?: string;
  /** How long to wait before answering, in milliseconds. */
  delayMs?: number;
  /** Answers only after this, plus `delayMs`. */
  after?: Promise<unknown>;
  /** Where a `redirect` points. */
  location?: string;
};
/**
 * One for every request, a list with one per request (then accepting), or a choice by what arrived.
 */
export type Plan = Mode | Behaviour | readonly (Mode | Behaviour)[] | ((record: ReceivedRecord) => Mode | Behaviour);
type ReadyPlan = { needsBody: boolean; next(record: ReceivedRecord): Behaviour };
export type Flag = 'EmailPermission' | 'SMSPermission';

export type ReceivedRecord = {
  /** When the body was complete (or the connection was reset), in milliseconds since 1970. */
  at: number;
  method: string;
  path: string;
  /** null: the path isn't `/V1/Data/{uuid}`. */
  guid: string | null;
  contentType: string | null;
  /** The body as it arrived, and parsed if it is JSON or XML. */
  raw: string;
  body: unknown;
  /** What Ascent360 would not have understood, one sentence each. */
  faults: string[];
  /** Whether the body was read, whatever the answer was. */
  taken: boolean;
  /** The status sent; null while there is none. */
  status: number | null;
  /** A complete 2xx answer that isn't HTML was sent. */
  accepted: boolean;
};

export type FakeAscent360 = {
  url: string;
  port: number;
  received: ReceivedRecord[];
  /** What was received under this GUID. */
  receivedFor(guid: string): ReceivedRecord[];
  behave(plan: Plan): void;
  behave(guid: string, plan: Plan): void;
  /**
   * The flag in the newest accepted body for an email (any case) or mobile (digits, with or without
   * plus).
   */
  lastAccepted(address: string, flag: Flag, guid?: string): boolean | null;
  /** The same among all bodies taken, even those whose answer was lost or a 5xx. */
  lastTaken(address: string, flag: Flag, guid?: string): boolean | null;
  /** Resolves once this many records have arrived; rejects after `timeoutMs` (by default 60 s). */
  until(count: number, timeoutMs?: number): Promise<ReceivedRecord[]>;
  /** Forgets records and behaviours. */
  clear(): void;
  close(): Promise<void>;
};

const EVERYONE = '';
const ACCEPTING: ReadyPlan = { needsBody: false, next: () => ({}) };
const PATH = /^\/V1\/Data\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/i;
const HTML_PAGE = '<!DOCTYPE html>\n<html><head><title>Welcome</title></head><body>Maintenance</body></html>';

export async function startAscent360(
  options: { port?: number; host?: '127.0.0.1'; tls?: { key: string; cert: string } } = {},
): Promise<FakeAscent360> {
  const received: ReceivedRecord[] = [];
  const plans = new Map<string, ReadyPlan>();
  const drips = new Set<NodeJS.Timeout>();
  const watchers = new Set<() => void>();

  function keep(record: ReceivedRecord): void {
    record.at = Date.now();
    received.push(record);
    for (const watcher of watchers) watcher();
  }

  const planFor = (guid: string | null): ReadyPlan =>
    (guid === null ? undefined : plans.get(guid.toLowerCase())) ?? plans.get(EVERYONE) ?? ACCEPTING;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    const record: ReceivedRecord = {
      at: 0,
      method: request.method ?? '',
      path,
      guid: PATH.exec(path)?.[1] ?? null,
      contentType: request.headers['content-type'] ?? null,
      raw: '',
      body: undefined,
      faults: [],
      taken: false,
      status: null,
      accepted: false,
    };
    const plan = planFor(record.guid);
    const early = plan.needsBody ? null : plan.next(record);
    if (early?.mode === 'reset') {
      keep(record);
      request.socket.resetAndDestroy();
      return;
    }
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    record.raw = Buffer.concat(chunks).toString('utf8');
    record.taken = true;
    const refusal = read(record);
    keep(record);
    await answer(response, record, refusal === null ? (early ?? plan.next(record)) : { status: refusal });
  }

  async function answer(response: ServerResponse, record: ReceivedRecord, behaviour: Behaviour): Promise<void> {
    const { mode = 'accept', delayMs = 0, after } = behaviour;
    if (mode === 'hang') return;
    if (mode === 'reset') {
      response.socket?.destroy();
      return;
    }
    if (after) await after;
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    if (response.destroyed || response.socket === null || response.socket.destroyed) return;
    const status = behaviour.status ?? (mode === 'redirect' ? 302 : 200);
    if (behaviour.retryAfter !== undefined) response.setHeader('retry-after', String(behaviour.retryAfter));
    if (mode === 'redirect') response.setHeader('location', behaviour.location ?? 'http://127.0.0.1:9/elsewhere');
    response.statusCode = status;
    record.status = status;
    if (mode === 'cut') {
      response.setHeader('content-length', '1000');
      response.write('half an ans');
      setTimeout(() => response.socket?.destroy(), 20);
      return;
    }
    if (mode === 'drip') {
      response.write('.');
      const drip = setInterval(() => response.write('.'), 1000);
      drips.add(drip);
      response.on('close', () => {
        clearInterval(drip);
        drips.delete(drip);
      });
      return;
    }
    const html = mode === 'html';
    const text = behaviour.answer ?? (html ? HTML_PAGE : '');
    const contentType = behaviour.contentType ?? (html ? 'text/html; charset=utf-8' : null);
    if (contentType !== null) response.setHeader('content-type', contentType);
    record.accepted = status >= 200 && status < 300 && !html && !/html/i.test(contentType ?? '');
    response.end(text);
  }

  function last(address: string, flag: Flag, guid: string | undefined, kind: 'accepted' | 'taken'): boolean | null {
    const wanted = flag === 'EmailPermission' ? address.trim().toLowerCase() : address.replace(/^\+/, '');
    for (const record of received.toReversed()) {
      if (!record[kind] || !isObject(record.body)) continue;
      if (guid !== undefined && record.guid?.toLowerCase() !== guid.toLowerCase()) continue;
      const about = record.body[flag === 'EmailPermission' ? 'Email' : 'Mobile'];
      const value = record.body[flag];
      if (typeof about === 'string' && about.toLowerCase() === wanted && typeof value === 'boolean') return value;
    }
    return null;
  }

  const listener = (request: IncomingMessage, response: ServerResponse) => {
    handle(request, response).catch(() => response.destroy());
  };
  const server = options.tls === undefined ? createServer(listener) : createTlsServer(options.tls, listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  const port = portOf(server.address());

  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    received,
    receivedFor: (guid) => received.filter((record) => record.guid === guid),
    behave(first: string | Plan, second?: Plan) {
      if (second === undefined) plans.set(EVERYONE, readyPlan(first));
      else plans.set(String(first).toLowerCase(), readyPlan(second));
    },
    lastAccepted: (address, flag, guid) => last(address, flag, guid, 'accepted'),
    lastTaken: (address, flag, guid) => last(address, flag, guid, 'taken'),
    until(count, timeoutMs = 60_000) {
      return new Promise((resolve, reject) => {
        const look = () => {
          if (received.length < count) return;
          clearTimeout(timer);
          watchers.delete(look);
          resolve(received);
        };
        const timer = setTimeout(() => {
          watchers.delete(look);
          reject(new Error(`${received.length} of ${count} records came within ${timeoutMs} ms`));
        }, timeoutMs);
        watchers.add(look);
        look();
      });
    },
    clear() {
      received.length = 0;
      plans.clear();
    },
    async close() {
      for (const drip of drips) clearInterval(drip);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

const MODES = ['accept', 'hang', 'cut', 'drip', 'html', 'redirect', 'reset'] as const;

function readyPlan(plan: string | Plan): ReadyPlan {
  if (typeof plan === 'function') return { needsBody: true, next: (record) => asBehaviour(plan(record)) };
  if (!isList(plan)) {
    const always = asBehaviour(plan);
    return { needsBody: false, next: () => always };
  }
  const left = plan.map(asBehaviour);
  return { needsBody: false, next: () => left.shift() ?? {} };
}

function asBehaviour(step: string | Behaviour): Behaviour {
  if (typeof step !== 'string') return step;
  const mode = MODES.find((known) => known === step);
  if (mode === undefined) throw new Error(`No such behaviour: ${step}`);
  return { mode };
}

function isList(plan: string | Behaviour | readonly (Mode | Behaviour)[]): plan is readonly (Mode | Behaviour)[] {
  return Array.isArray(plan);
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('Not listening on a port');
  return address.port;
}

const isJson = (type: string) => /^application\/json\s*(;|$)/i.test(type);
const isXml = (type: string) => /^application\/xml; charset=utf-8$/i.test(type);

/** Fills in body and faults; returns the status if a request isn't a record at all, else null. */
function read(record: ReceivedRecord): number | null {
  if (record.guid === null) record.faults.push(`the path is not /V1/Data/{GUID}`);
  if (record.method !== 'POST') record.faults.push(`the method is ${record.method}, not POST`);
  const type = record.contentType ?? '';
  const known = isJson(type) || isXml(type);
  if (!known) record.faults.push('the content type is neither application/json nor application/xml; charset=utf-8');
  let valid = true;
  try {
    record.body = isXml(type) ? readXml(record.raw) : JSON.parse(record.raw);
    record.faults.push(...faultsOf(record.body));
  } catch (error) {
    valid = false;
    record.faults.push(isXml(type) ? `the body is not such XML: ${String(error)}` : 'the body is not JSON');
  }
  if (record.guid === null) return 404;
  if (record.method !== 'POST') return 405;
  if (!known) return 415;
  return valid ? null : 400;
}

type Check = (value: unknown) => string | null;
type Table = Readonly<Record<string, Check>>;

const matches =
  (form: RegExp, name: string): Check =>
  (value) =>
    typeof value === 'string' && form.test(value) ? null : `is not ${name}`;
const text: Check = (value) =>
  typeof value === 'string' && value.trim() !== '' && value.trim() === value ? null : 'is not a filled, trimmed text';
const shortText: Check = (value) => text(value) ?? ([...String(value)].length <= 100 ? null : 'is longer than 100');
const bool: Check = (value) => (typeof value === 'boolean' ? null : 'is not true or false');
const oneOf =
  (...allowed: readonly unknown[]): Check =>
  (value) =>
    allowed.includes(value) ? null : `is not one of ${allowed.join(', ')}`;
const wholeAboveZero: Check = (value) =>
  typeof value === 'number' && Number.isInteger(value) && value > 0 ? null : 'is not a whole number above 0';
const listOfText: Check = (value) =>
  Array.isArray(value) && value.length > 0 && value.every((entry) => text(entry) === null)
    ? null
    : 'is not a list of filled texts';
const digits = matches(/^[0-9]{5,15}$/, 'digits with country code and no plus');
const money = matches(/^-?[0-9]+(\.[0-9]+)?$/, 'a decimal number as text');
const email = matches(/^[^@\s]+@[^@\s]+\.[^@\s]+$/, 'an email address');
const moment: Check = (value) =>
  typeof value === 'string' &&
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(value) &&
  !Number.isNaN(Date.parse(value))
    ? null
    : 'is not an ISO 8601 moment';
const country: Check = (value) =>
  text(value) ?? (/^\p{ASCII}{1,2}$/u.test(String(value)) ? 'is neither alpha-3 nor a name' : null);
const birthday: Check = (value) => {
  const [, month = '', day = '', year = ''] = /^(\d\d)-(\d\d)-(\d{4})$/.exec(String(value)) ?? [];
  const date = new Date(`${year}-${month}-${day}T00:00:00Z`);
  const real = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(`${year}-${month}-${day}`);
  return typeof value === 'string' && real ? null : 'is not a date mm-dd-yyyy';
};
const objectOf =
  (table: Table, required: readonly string[] = []): Check =>
  (value) => {
    if (!isObject(value)) return 'is not an object';
    const faults = tableFaults(value, table, required);
    return faults.length === 0 ? null : faults.join('; ');
  };
const listOf =
  (check: Check): Check =>
  (value) => {
    if (!Array.isArray(value) || value.length === 0) return 'is not a filled list';
    return value.map(check).find((fault) => fault !== null) ?? null;
  };

const ADDRESS: Table = { Addressline1: text, Addressline2: text, City: text, State: text, Zip: text, Country: country };
const ITEM: Table = { Sku: text, Title: text, Variant: text, Vendor: text, Quantity: wholeAboveZero, Price: money };
const ORDER: Table = {
  Id: text,
  Name: text,
  Event: oneOf('created', 'updated', 'cancelled', 'import'),
  CreatedAt: moment,
  UpdatedAt: moment,
  Currency: text,
  Total: money,
  Subtotal: money,
  Tax: money,
  Shipping: money,
  Discount: money,
  FinancialStatus: text,
  FulfillmentStatus: text,
  CancelledAt: moment,
  Channel: text,
  Test: oneOf(true),
  DiscountCodes: listOfText,
  Items: listOf(objectOf(ITEM, ['Quantity'])),
};
const FIELDS: Table = {
  SourceName: shortText,
  SourceType: shortText,
  FirstName: text,
  LastName: text,
  DateOfBirth: birthday,
  Gender: oneOf('male', 'female'),
  Email: email,
  EmailPermission: bool,
  Phone: digits,
  Mobile: digits,
  PhonePermission: bool,
  SMSPermission: bool,
  Address: objectOf(ADDRESS),
  AddressPermission: bool,
  Activities: listOfText,
  Interests: listOfText,
  NewsLetters: listOfText,
  ProviderType: wholeAboveZero,
  ListIds: listOfText,
  Order: objectOf(ORDER, ['Id', 'Event']),
};
const BELONGS_TO: Readonly<Record<string, string>> = {
  EmailPermission: 'Email',
  PhonePermission: 'Phone',
  SMSPermission: 'Mobile',
  AddressPermission: 'Address',
  ListIds: 'ProviderType',
};

/** What Ascent360 would not understand in a body, one sentence each; empty for a good one. */
export function faultsOf(body: unknown): string[] {
  if (!isObject(body)) return ['the body is not an object'];
  const faults = tableFaults(body, FIELDS, ['SourceName', 'SourceType']);
  for (const [key, needed] of Object.entries(BELONGS_TO)) {
    if (Object.hasOwn(body, key) && !Object.hasOwn(body, needed)) faults.push(`${key} without ${needed}`);
  }
  if (!['Email', 'Phone', 'Mobile'].some((key) => Object.hasOwn(body, key))) faults.push('no Email, Phone or Mobile');
  return faults;
}

function tableFaults(value: Record<string, unknown>, table: Table, required: readonly string[]): string[] {
  const faults = required.filter((key) => !Object.hasOwn(value, key)).map((key) => `${key} is missing`);
  for (const [key, entry] of Object.entries(value)) {
    const check = Object.hasOwn(table, key) ? table[key] : undefined;
    const fault = check === undefined ? 'is not a documented key' : check(entry);
    if (fault !== null) faults.push(`${key} ${fault}`);
  }
  if (Object.keys(value).length === 0) faults.push('is empty');
  return faults;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
