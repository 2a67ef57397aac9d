import { isUtf8 } from 'node:buffer';
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';
import { type Fault, faultOf, faultsOf } from '../domain/fault.ts';
import { jsonIn } from '../domain/json.ts';
import type { en } from '../domain/wording/en.ts';
import { said } from '../domain/wording/in-english.ts';
import type { Text, TextParams } from '../domain/wording/text.ts';
import { isOutage } from '../platform/database/outage.ts';
import { codeOf, textIn } from '../platform/error-code.ts';
import { type Intake, KEPT_OPEN } from '../platform/intake.ts';
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

const hasBody = ({ headers }: Request) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** Only UTF-8, as it is: a packed body would take more memory than it says. */
function unreadable(req: Request): RefusalCode | null {
  if ((req.get('content-encoding') ?? 'identity').toLowerCase() !== 'identity') return 'body_encoding';
  const [, charset = 'utf-8'] = /;\s*charset="?([^\s";]+)/i.exec(req.get('content-type') ?? '') ?? [];
  return /^utf-?8$/i.test(charset) ? null : 'body_charset';
}

/**
 * Reads the body of every call of the merchant API; `jsonBody` and `jsonText` take it from there.
 */
export function readBody(intake: Pick<Intake, 'read'>): RequestHandler {
  return async (req, res, next) => {
    if (hasBody(req)) {
      const code = unreadable(req);
      if (code) {
        res.status(415).set(KEPT_OPEN).json(refusal(code));
        return;
      }
      const bytes = await intake.read(req, res, BODY_LIMIT_BYTES);
      if (!bytes) return;
      req.body = bytes;
    }
    next();
  };
}

const refused = (text: Text) => new Unprocessable(faultOf('', text));

/**
 * What was read, as text; undefined: nothing.
 * @throws Unprocessable for what isn't UTF-8: U+FFFD in its place would be saved and sent
 */
function textOf(bytes: Buffer): string | undefined {
  if (!isUtf8(bytes)) throw refused({ code: 'refusal.body_charset' });
  return bytes.length > 0 ? new TextDecoder().decode(bytes) : undefined;
}

function parsed(text: string): unknown {
  const value = jsonIn(text);
  if (value === undefined) throw refused({ code: 'refusal.body_json' });
  return value;
}

/**
 * Takes JSON bodies of the merchant API. If a body isn't an object, the route's own contract
 * rejects it. An empty body counts as none: a document lost on the way must not be replaced by its
 * defaults. A body of another type is refused: if it were ignored, a dry run would send.
 */
export const jsonBody: RequestHandler = (req, _res, next) => {
  if (hasBody(req) && !req.is('application/json')) throw refused({ code: 'fault.json' });
  if (Buffer.isBuffer(req.body)) {
    const text = textOf(req.body);
    req.body = text === undefined ? undefined : parsed(text);
  }
  next();
};

/**
 * Takes JSON bodies as text, for a route whose body may have ids too large for a JavaScript number.
 */
export const jsonText: RequestHandler = (req, _res, next) => {
  if (Buffer.isBuffer(req.body)) req.body = req.is('application/json') ? textOf(req.body) : undefined;
  next();
};

const errorOf = (text: Text) => ({ errors: [said(text)] });

type RefusalCode = keyof typeof en.refusal;

/** The body of an error answer with this code. */
export const refusal = (code: RefusalCode, params?: TextParams) =>
  errorOf({ code: `refusal.${code}`, ...(params ? { params } : {}) });

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
 * The last middleware of the merchant API: turns every error into JSON without internals. Logs only
 * the error's name and code, because messages may quote the input.
 */
export function apiErrors(log: Pick<Log, 'error'>): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    const note = () =>
      log.error(
        { name: textIn(error, 'name') || typeof error, code: codeOf(error) || undefined },
        'A call of the merchant API failed',
      );
    if (res.headersSent) {
      // Express would close the connection as well, but write the message to stderr.
      note();
      req.destroy();
      return;
    }
    if (error instanceof Unprocessable) {
      res.status(422).json({ errors: error.faults });
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
