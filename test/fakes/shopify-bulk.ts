import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BulkOperationErrorCode, BulkOperationStatus } from '../../server/admin/documents.generated.ts';
import { readForBulk } from './shopify-graphql.ts';
import type { FakeShop } from './shopify-shop.ts';

type BulkLines = {
  count: number;
  line(index: number): string;
  /**
   * If all lines are equally long: their length with the line break, so that lines before a range
   * aren't generated.
   */
  lineBytes?: number;
};

type FakeBulkOperation = {
  __typename: 'BulkOperation';
  id: string;
  status: BulkOperationStatus;
  errorCode: BulkOperationErrorCode | null;
  objectCount: string;
  rootObjectCount: string;
  fileSize: string | null;
  url: string | null;
  partialDataUrl: string | null;
  createdAt: string;
  completedAt: string | null;
  query: string;
};

const AT_ONCE = 5;

function fromList(lines: readonly string[]): BulkLines {
  return { count: lines.length, line: (index) => lines[index] ?? '' };
}

/** @param cutAt throws after this many bytes, which cuts the connection */
function* bytesOf(lines: BulkLines, from: number, cutAt: number | null): Generator<Buffer> {
  const { count, line, lineBytes } = lines;
  const first = lineBytes === undefined ? 0 : Math.floor(from / lineBytes);
  let at = first * (lineBytes ?? 0);
  for (let index = first; index < count; index++) {
    const bytes = Buffer.from(`${line(index)}\n`);
    const skip = Math.max(0, from - at);
    at += bytes.length;
    if (skip >= bytes.length) continue;
    const over = cutAt === null ? 0 : at - from - cutAt;
    yield over > 0 ? bytes.subarray(skip, bytes.length - over) : bytes.subarray(skip);
    if (over > 0) throw new Error('Cut');
  }
}

const weightOf = ({ count, line }: BulkLines) => {
  let bytes = 0;
  for (let index = 0; index < count; index++) bytes += Buffer.byteLength(line(index)) + 1;
  return bytes;
};

function* firstOf(bytes: Iterable<Buffer>, most: number): Generator<Buffer> {
  let left = most;
  for (const part of bytes) {
    if (left <= 0) return;
    yield part.subarray(0, left);
    left -= part.length;
  }
}

/** One shop's bulk operations and their files. */
export class FakeBulk {
  readonly #shop: FakeShop;
  readonly #origin: string;
  readonly operations: FakeBulkOperation[] = [];
  readonly #files = new Map<string, BulkLines>();
  readonly #polls = new Map<string, number>();
  /** How often the app has to look at an operation before it has ended. */
  polls = 1;
  /** The next operations end like this, with half their lines as partial data. */
  failWith: BulkOperationErrorCode | null = null;
  /** Instead of the shop's data: a file with this many lines, generated while it is sent. */
  generated: BulkLines | null = null;
  /** The connection is cut once after this many bytes of a file. */
  cutAfterBytes: number | null = null;
  /**
   * Every file ends after this many bytes as if that were all, while the operation says the full
   * size.
   */
  shortenTo: number | null = null;
  /** Files are gone, as after seven days. */
  expired = false;
  /** What answers the next downloads instead. */
  others: ((response: ServerResponse) => void)[] = [];
  /** How far Shopify's clock is behind ours, in milliseconds. */
  behindMs = 0;
  /** The ranges requested, in order; null: the whole file. */
  readonly ranges: (string | null)[] = [];

  constructor(shop: FakeShop, origin: string) {
    this.#shop = shop;
    this.#origin = origin;
  }

  run(query: string, groupObjects: boolean): object {
    const running = this.operations.filter(({ status }) => status === 'CREATED' || status === 'RUNNING');
    const refuse = (code: string, message: string) => ({
      bulkOperation: null,
      userErrors: [{ code, field: ['query'], message }],
    });
    if (running.length >= AT_ONCE) return refuse('LIMIT_REACHED', 'Bulk operations limit reached.');
    const read = this.generated ?? readForBulk(this.#shop, query, groupObjects);
    if ('faults' in read) return refuse('INVALID', read.faults.join('\n'));
    const id = `gid://shopify/BulkOperation/${this.operations.length + 1}`;
    const operation: FakeBulkOperation = {
      __typename: 'BulkOperation',
      id,
      status: 'CREATED',
      errorCode: null,
      objectCount: '0',
      rootObjectCount: '0',
      fileSize: null,
      url: null,
      partialDataUrl: null,
      createdAt: new Date(Date.now() - this.behindMs).toISOString(),
      completedAt: null,
      query,
    };
    this.operations.push(operation);
    this.#files.set(id, 'count' in read ? read : fromList('lines' in read ? read.lines : []));
    if ('denied' in read) operation.errorCode = 'ACCESS_DENIED';
    this.#polls.set(id, this.polls);
    return { bulkOperation: { ...operation }, userErrors: [] };
  }

  /** Each look moves the operation on. */
  look(id: string): FakeBulkOperation | null {
    const operation = this.operations.find((one) => one.id === id);
    const file = this.#files.get(id);
    if (!operation || !file) return null;
    if (operation.status === 'CANCELING') operation.status = 'CANCELED';
    if (operation.status !== 'CREATED' && operation.status !== 'RUNNING') return operation;
    const left = this.#polls.get(id) ?? 0;
    this.#polls.set(id, left - 1);
    if (left > 0) {
      operation.status = 'RUNNING';
      operation.objectCount = String(Math.floor(file.count / (left + 1)));
      return operation;
    }
    const url = `${this.#origin}/bulk/${this.#shop.domain}/${id.split('/').at(-1)}.jsonl`;
    operation.completedAt = new Date(Date.now() - this.behindMs).toISOString();
    operation.errorCode ??= this.failWith;
    const failed = operation.errorCode !== null;
    operation.status = failed ? 'FAILED' : 'COMPLETED';
    if (failed) this.#files.set(id, { ...file, count: Math.floor(file.count / 2) });
    const { count } = this.#files.get(id) ?? file;
    operation.objectCount = String(count);
    operation.rootObjectCount = String(count);
    if (this.shortenTo !== null) operation.fileSize = String(weightOf(this.#files.get(id) ?? file));
    // No lines: no file.
    if (count > 0) operation[failed ? 'partialDataUrl' : 'url'] = url;
    return operation;
  }

  /** What is under way has ended when the app looks next. */
  finish(): void {
    for (const id of this.#polls.keys()) this.#polls.set(id, 0);
  }

  cancel(id: string): object {
    const operation = this.operations.find((one) => one.id === id);
    if (!operation)
      return { bulkOperation: null, userErrors: [{ field: ['id'], message: 'Bulk operation does not exist' }] };
    if (operation.status === 'CREATED' || operation.status === 'RUNNING') operation.status = 'CANCELING';
    return { bulkOperation: { ...operation }, userErrors: [] };
  }

  /** `GET /bulk/{shop}/{number}.jsonl`, with `Range: bytes=n-` too. */
  async serve(number: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const file = this.#files.get(`gid://shopify/BulkOperation/${number}`);
    const range = request.headers.range ?? null;
    this.ranges.push(range);
    const other = this.others.shift();
    if (other) return other(response);
    if (!file || this.expired)
      return void response.writeHead(403, { 'content-type': 'application/xml' }).end('<Error/>');
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    response.writeHead(range ? 206 : 200, { 'content-type': 'application/jsonl' });
    const cutAt = this.cutAfterBytes;
    this.cutAfterBytes = null;
    const bytes = bytesOf(file, from, cutAt);
    const left = this.shortenTo === null ? null : Math.max(0, this.shortenTo - from);
    await pipeline(Readable.from(left === null ? bytes : firstOf(bytes, left)), response).catch(() => {});
  }
}
