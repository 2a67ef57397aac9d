import type { RequestHandler } from 'express';

/** What the merchant API answers is about people: neither the browser nor anything on the way keeps it. */
export const notStored: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store');
  next();
};
