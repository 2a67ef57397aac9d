import { isUtf8 } from 'node:buffer';
import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import type { z } from 'zod';
import { type Fault, faultOf, faultsOf } from '../domain/fault.ts';
import type { en } from '../domain/wording/en.ts';
import { said } from '../domain/wording/in-english.ts';
import type { Text } from '../domain/wording/text.ts';
import { isOutage } from '../platform/database/outage.ts';
import { codeOf, textIn } from '../platform/error-code.ts';
import { KEPT_OPEN, saysMoreThan } from '../platform/intake.ts';
import type { Log } from '../platform/log.ts';

/** The largest body that the merchant API accepts. */
export const BODY_LIMIT_BYTES = 1024 * 1024;

/** How many seconds to wait before retrying when the database can't be reached. */
const RETRY_AFTER = '5';

/** Input that is rejected: `apiErrors` answers 422 with the faults. Thrown before anything is saved. */
export class Unprocessable extends Error {
  override name = 'Unprocessable';
  readonly faults: readonly Fault[];
  constructor(...faults: readonly Fault[]) {
    super('The input was rejected');
    this.faults = faults;
  }
}

/** This shop has no such row: `apiErrors` answers 404. */
class NotFound extends Error {
  override name = 'NotFound';
}

/**
 * The row that a path names.
 * @throws NotFound if the shop has no such row
 */
export function found<Row extends object | string>(row: Row | null): Row {
  if (row === null) throw new NotFound();
  return row;
}

/**
 * What a query or body asks for.
 * @throws Unprocessable naming everything that the contract refuses
 */
export function readInput<Contract extends z.ZodType>(contract: Contract, input: unknown): z.output<Contract> {
  const parsed = contract.safeParse(input);
  if (!parsed.success) throw new Unprocessable(...faultsOf(parsed.error));
  return parsed.data;
}

/**
 * Express would put U+FFFD in place of what isn't UTF-8, and that would be saved and sent.
 * @throws Error which becomes express's `entity.verify.failed`
 */
function needUtf8(bytes: Buffer, charset: string): void {
  if (charset === 'utf-8' && !isUtf8(bytes)) throw new Error('Not UTF-8');
}

/** Refuses a body that says it is too large, unread: express would read all of it before the answer. */
export const noLargeBody: RequestHandler = (req, res, next) => {
  if (saysMoreThan(req, BODY_LIMIT_BYTES)) res.status(413).set(KEPT_OPEN).json(refusal('body_large'));
  else next();
};

const empty = new WeakSet<object>();
const parseJson = express.json({
  limit: BODY_LIMIT_BYTES,
  strict: false,
  verify: (req, _res, bytes, charset) => {
    if (bytes.length === 0) empty.add(req);
    needUtf8(bytes, charset);
  },
});

const hasBody = ({ headers }: Request) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/**
 * Reads JSON bodies of the merchant API. If a body isn't an object, the route's own contract
 * rejects it. An empty body counts as none, where express would make it an empty object: a document
 * lost on the way must not be replaced by its defaults. A body of another type is refused, where
 * express would leave it unread: a dry run would send.
 */
export const jsonBody: RequestHandler = (req, res, next) => {
  if (hasBody(req) && !req.is('application/json')) {
    next(new Unprocessable(faultOf('', { code: 'fault.json' })));
    return;
  }
  parseJson(req, res, (error?: unknown) => {
    if (empty.has(req)) req.body = undefined;
    next(error);
  });
};

/**
 * Reads JSON bodies as text, for a route whose body may have ids too large for a JavaScript number.
 */
export const jsonText: RequestHandler = express.text({
  limit: BODY_LIMIT_BYTES,
  type: 'application/json',
  verify: (_req, _res, bytes, charset) => needUtf8(bytes, charset),
});

const errorOf = (text: Text) => ({ errors: [said(text)] });

/** The body of an error answer with this code. */
export const refusal = (code: keyof typeof en.refusal) => errorOf({ code: `refusal.${code}` });

/** 409: not possible in the current state. */
export function conflict(res: Response, text: Text): void {
  res.status(409).json(errorOf(text));
}

/** 503: the database can't be reached. */
export function unavailable(res: Response): void {
  res.status(503).set('Retry-After', RETRY_AFTER).json(refusal('database'));
}

/** 404: the route doesn't exist, or this shop has no such row. */
export const notFound: RequestHandler = (_req, res) => {
  res.status(404).json(refusal('not_found'));
};

/**
 * How to answer express.json's own errors, by their `type`
 * (https://github.com/expressjs/body-parser#errors).
 */
const bodyFaults: Record<string, { status: number; code: keyof typeof en.refusal }> = {
  'entity.parse.failed': { status: 422, code: 'body_json' },
  'entity.verify.failed': { status: 422, code: 'body_charset' },
  'entity.too.large': { status: 413, code: 'body_large' },
  'encoding.unsupported': { status: 415, code: 'body_encoding' },
  'charset.unsupported': { status: 415, code: 'body_charset' },
  'request.size.invalid': { status: 400, code: 'body_size' },
  'request.aborted': { status: 400, code: 'body_cut' },
};

/**
 * The last middleware of the merchant API: turns every error into JSON without internals. Logs only
 * the error's name and code, because messages may quote the input.
 */
export function apiErrors(log: Pick<Log, 'error'>): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    const holder = typeof error === 'object' && error !== null ? error : {};
    const fault = bodyFaults[textIn(error, 'type') ?? ''];
    const note = () =>
      log.error(
        { name: textIn(error, 'name') || typeof error, code: codeOf(error) || undefined },
        'A call of the merchant API failed',
      );
    if (res.headersSent) {
      // Express would close the connection as well, but write the message to stderr.
      if (!fault) note();
      req.destroy();
      return;
    }
    if (error instanceof Unprocessable) {
      res.status(422).json({ errors: error.faults });
      return;
    }
    if (fault) {
      const text = { code: `refusal.${fault.code}` } as const;
      const body = fault.status === 422 ? { errors: [faultOf('', text)] } : refusal(fault.code);
      res.status(fault.status).json(body);
      return;
    }
    // No type: the compressed body could not be decompressed.
    if (Reflect.get(holder, 'status') === 400 && holder instanceof Error && !(holder instanceof URIError)) {
      res.status(400).json(refusal('body_packed'));
      return;
    }
    // A URIError: the path can't be decoded.
    if (error instanceof NotFound || error instanceof URIError) {
      notFound(req, res, next);
      return;
    }
    note();
    if (isOutage(error)) {
      unavailable(res);
      return;
    }
    res.status(500).json(refusal('our_fault'));
  };
}
