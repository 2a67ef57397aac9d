import type { RequestHandler } from 'express';
import { z } from 'zod';
import { faultsOf, refusing } from '../domain/fault.ts';
import { jsonBody, Unprocessable } from './errors.ts';

const nothing = z.strictObject({}, { error: refusing('json') }).optional();

/**
 * For a route that takes no options: a body with any is refused. If it were ignored,
 * `{"dryRun":true}` would be done in earnest.
 */
export const noOptions: RequestHandler = (req, res, next) => {
  jsonBody(req, res, () => {
    const asked = nothing.safeParse(req.body);
    next(asked.success ? undefined : new Unprocessable(...faultsOf(asked.error)));
  });
};
