import express, { type ErrorRequestHandler, type RequestHandler, type Response } from 'express';
import { type Fault, faultOf } from '../domain/fault.ts';
import type { en } from '../domain/wording/en.ts';
import { said } from '../domain/wording/in-english.ts';
import type { Text } from '../domain/wording/text.ts';
import { isOutage } from '../platform/database/outage.ts';
import type { Log } from '../platform/log.ts';

/** Largest body of the merchant API. */
export const BODY_LIMIT_BYTES = 1024 * 1024;

/** Seconds after which trying again makes sense when the database cannot be reached. */
const RETRY_AFTER = '5';

const empty = new WeakSet<object>();
const parseJson = express.json({
  limit: BODY_LIMIT_BYTES,
  strict: false,
  verify: (req, _res, bytes) => void (bytes.length === 0 && empty.add(req)),
});

/**
 * Reads JSON bodies of the merchant API. What is not an object is left to the route's own contract to refuse. An empty body is
 * none, where express makes it an empty object: a document that was lost on the way must not replace one by its defaults.
 */
export const jsonBody: RequestHandler = (req, res, next) => {
  parseJson(req, res, (error?: unknown) => {
    if (empty.has(req)) req.body = undefined;
    next(error);
  });
};

/** Reads JSON bodies as their text, for a route whose body may hold ids that a JavaScript number cannot. */
export const jsonText: RequestHandler = express.text({ limit: BODY_LIMIT_BYTES, type: 'application/json' });

const errorOf = (text: Text) => ({ errors: [said(text)] });

/** The body of an answer that refuses a call for this reason. */
export const refusal = (code: keyof typeof en.refusal) => errorOf({ code: `refusal.${code}` });

/** 409: not possible as things are. */
export function conflict(res: Response, text: Text): void {
  res.status(409).json(errorOf(text));
}

/** 422: what was sent cannot be taken; nothing was saved. */
export function unprocessable(res: Response, errors: readonly Fault[]): void {
  res.status(422).json({ errors });
}

/** 503: the database cannot be reached. */
export function unavailable(res: Response): void {
  res.status(503).set('Retry-After', RETRY_AFTER).json(refusal('database'));
}

/** 404 for a route, or a row of this shop, that does not exist. */
export const notFound: RequestHandler = (_req, res) => {
  res.status(404).json(refusal('not_found'));
};

const textOf = (holder: object, key: string): string => {
  const value: unknown = Reflect.get(holder, key);
  return typeof value === 'string' ? value : '';
};

/** Answers of express.json's own errors, by their `type` (https://github.com/expressjs/body-parser#errors). */
const bodyFaults: Record<string, { status: number; code: keyof typeof en.refusal }> = {
  'entity.parse.failed': { status: 422, code: 'body_json' },
  'entity.too.large': { status: 413, code: 'body_large' },
  'encoding.unsupported': { status: 415, code: 'body_encoding' },
  'charset.unsupported': { status: 415, code: 'body_charset' },
  'request.size.invalid': { status: 400, code: 'body_size' },
  'request.aborted': { status: 400, code: 'body_cut' },
};

/**
 * The last middleware of the merchant API: every error becomes JSON without internals. The log gets the error's name and
 * code only, for messages may quote what was sent.
 */
export function apiErrors(log: Pick<Log, 'error'>): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    const holder = typeof error === 'object' && error !== null ? error : {};
    const fault = bodyFaults[textOf(holder, 'type')];
    if (fault) {
      const text = { code: `refusal.${fault.code}` } as const;
      if (fault.status === 422) unprocessable(res, [faultOf('', text)]);
      else res.status(fault.status).json(refusal(fault.code));
      return;
    }
    // Without a type: what was packed cannot be unpacked.
    if (Reflect.get(holder, 'status') === 400 && holder instanceof Error && !(holder instanceof URIError)) {
      res.status(400).json(refusal('body_packed'));
      return;
    }
    // A path that cannot be decoded: express marks it with this status.
    if (error instanceof URIError) {
      notFound(req, res, next);
      return;
    }
    log.error(
      { name: textOf(holder, 'name') || typeof error, code: textOf(holder, 'code') },
      'A call of the merchant API failed',
    );
    if (isOutage(error)) {
      unavailable(res);
      return;
    }
    res.status(500).json(refusal('our_fault'));
  };
}
