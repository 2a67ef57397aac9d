import { type RequestHandler, Router } from 'express';
import { MINUTE } from '../domain/days.ts';
import type { Instant } from '../domain/scalars.ts';
import type { Db } from '../platform/database/db.ts';
import { isOutage } from '../platform/database/outage.ts';
import { noteLook } from '../store/shops/access-log.ts';
import { unavailable } from './errors.ts';
import { merchantOf } from './merchant-auth.ts';
import { idOf } from './row-id.ts';

/**
 * The routes that show personal data, and their names in the log. An open page reloads its lists
 * often: one entry covers all of a user's views within `once`.
 */
const looks: readonly { method: 'get' | 'post'; path: string; what: string; once: number }[] = [
  { method: 'get', path: '/activity', what: 'activity', once: 10 * MINUTE },
  { method: 'get', path: '/issues', what: 'issues', once: 10 * MINUTE },
  { method: 'get', path: '/activity.csv', what: 'activity_export', once: 0 },
  { method: 'get', path: '/activity/:id', what: 'event', once: MINUTE },
  { method: 'post', path: '/activity/:id/dismiss', what: 'event', once: MINUTE },
  { method: 'get', path: '/people', what: 'people_search', once: MINUTE },
  { method: 'get', path: '/people/:id', what: 'person', once: MINUTE },
  { method: 'get', path: '/people/:id/export', what: 'person_export', once: 0 },
  { method: 'get', path: '/privacy-requests', what: 'privacy_requests', once: 10 * MINUTE },
  { method: 'get', path: '/privacy-requests/:id/export', what: 'data_export', once: 0 },
  { method: 'post', path: '/privacy-requests/:id/done', what: 'privacy_request', once: MINUTE },
  { method: 'post', path: '/preview', what: 'preview', once: MINUTE },
];

/**
 * Records who views personal data, before it is shown: if it can't be recorded, it isn't shown.
 * Stores only ids of users and rows. Mount behind merchantAuth and before the routes.
 */
export function recordLooks(db: Db, now: () => Instant): Router {
  const router = Router();
  for (const { method, path, what, once } of looks) {
    const handler: RequestHandler = async (req, res, next) => {
      const id = idOf(req.params['id']);
      const about = id ? { id, isPerson: path.startsWith('/people/') } : null;
      try {
        const { shop, userId } = merchantOf(res);
        await noteLook(db, shop, { who: userId, what, about, once }, now());
      } catch (error) {
        if (!isOutage(error)) throw error;
        unavailable(res);
        return;
      }
      next();
    };
    router[method](path, handler);
  }
  return router;
}
