import type { RequestHandler } from 'express';

/** Express would answer a HEAD as the GET: an export would be built for nothing, and recorded as handed out. */
export const noHead: RequestHandler = (req, res, next) => {
  if (req.method === 'HEAD') res.status(405).set('Allow', 'GET').end();
  else next();
};
