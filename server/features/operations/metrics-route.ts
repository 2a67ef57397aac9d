import { createHash, timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Metrics } from './metrics.ts';

/** `GET /metrics` for callers with the token: `Authorization: Bearer …`. */
export function metricsRoute(metrics: Pick<Metrics, 'render' | 'registry'>, token: string): RequestHandler {
  // timingSafeEqual needs equal lengths. Digests have one length and don't reveal the token's.
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(token);
  return async (req, res) => {
    const [, given] = /^Bearer +(\S.*)$/i.exec(req.get('authorization') ?? '') ?? [];
    if (given === undefined || !timingSafeEqual(digest(given), expected)) {
      res
        .set('WWW-Authenticate', 'Bearer')
        .status(401)
        .json({ errors: [{ message: 'Send METRICS_TOKEN in the header: Authorization: Bearer …' }] });
      return;
    }
    const text = await metrics.render();
    res.set('Content-Type', metrics.registry.contentType).send(text);
  };
}
