import express, { type ErrorRequestHandler, type RequestHandler, type Response } from 'express';
import type { Fault } from '../domain/fault.ts';
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

/** 422: what was sent cannot be taken; nothing was saved. */
export function unprocessable(res: Response, errors: readonly Fault[]): void {
  res.status(422).json({ errors });
}

/** 503: the database cannot be reached. */
export function unavailable(res: Response): void {
  res
    .status(503)
    .set('Retry-After', RETRY_AFTER)
    .json({ errors: [{ message: 'The app cannot reach its database at the moment. Try again in a few seconds.' }] });
}

/** 404 for a route, or a row of this shop, that does not exist. */
export const notFound: RequestHandler = (_req, res) => {
  res.status(404).json({ errors: [{ message: 'There is nothing at this address' }] });
};

const textOf = (holder: object, key: string): string => {
  const value: unknown = Reflect.get(holder, key);
  return typeof value === 'string' ? value : '';
};

/** Answers of express.json's own errors, by their `type` (https://github.com/expressjs/body-parser#errors). */
const bodyFaults: Record<string, { status: number; error: { field?: string; message: string } }> = {
  'entity.parse.failed': { status: 422, error: { field: '', message: 'The body is not valid JSON' } },
  'entity.too.large': { status: 413, error: { message: 'The body is larger than 1 MB' } },
  'encoding.unsupported': { status: 415, error: { message: 'The body has an encoding that is not supported' } },
  'charset.unsupported': { status: 415, error: { message: 'The body is not in UTF-8' } },
  'request.size.invalid': { status: 400, error: { message: 'The body is shorter or longer than announced' } },
  'request.aborted': { status: 400, error: { message: 'The body was cut off' } },
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
      res.status(fault.status).json({ errors: [fault.error] });
      return;
    }
    // Without a type: what was packed cannot be unpacked.
    if (Reflect.get(holder, 'status') === 400 && holder instanceof Error && !(holder instanceof URIError)) {
      res.status(400).json({ errors: [{ message: 'The body cannot be unpacked' }] });
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
    res.status(500).json({
      errors: [{ message: 'Something went wrong on our side. Try again; if it stays, tell us when it was.' }],
    });
  };
}
