import { Router } from 'express';
import { knownTimeZone } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import { said } from '../../domain/wording/in-english.ts';
import { download } from '../../http/download.ts';
import { notFound } from '../../http/errors.ts';
import { merchantOf } from '../../http/merchant-auth.ts';
import { idOf } from '../../http/row-id.ts';
import type { Db } from '../../platform/database/db.ts';
import { loadProfiles } from '../../store/people/profiles.ts';
import {
  findRequest,
  listRequests,
  markDone,
  type PrivacyRequest,
  type PrivacySubject,
} from '../../store/shops/privacy-requests.ts';
import type { Shop, Shops } from '../../store/shops/shops.ts';
import type { PrivacyItem } from './api.ts';
import { askText, describeRequest } from './ask-text.ts';
import { exportPerson } from './export-person.ts';

export type PrivacyRoutesDeps = { db: Db; shops: Pick<Shops, 'facts'>; now: () => Instant };

function itemOf(shop: Shop, request: PrivacyRequest, timeZone: string, now: Instant): PrivacyItem {
  const { subject } = request;
  return {
    id: request.id,
    kind: request.kind,
    requestId: request.requestId,
    receivedAt: new Date(request.receivedAt).toISOString(),
    dueAt: new Date(request.dueAt).toISOString(),
    state: request.state,
    doneAt: request.doneAt === null ? null : new Date(request.doneAt).toISOString(),
    ...said(describeRequest(request, now)),
    askText: askText(shop.domain, request, timeZone),
    ...(subject && {
      who: {
        ...(subject.email !== null && { email: subject.email }),
        ...(subject.phone !== null && { phone: subject.phone }),
        ...(subject.customerId !== null && { customerId: subject.customerId }),
      },
    }),
  };
}

/** A person in the form a request would use; null: the shop has no such person. */
async function subjectOf(db: Db, shop: Shop, id: string): Promise<PrivacySubject | null> {
  const person = (await loadProfiles(db, shop, [id])).profiles.get(id);
  if (!person) return null;
  const { customerId, contact } = person;
  return { customerId, email: contact.email ?? null, phone: contact.mobile ?? null, orderIds: [] };
}

/**
 * Shopify's privacy requests, what is left to do for each, and all data held on one person; mount
 * behind merchantAuth.
 */
export function privacyRoutes({ db, shops, now }: PrivacyRoutesDeps): Router {
  const router = Router();
  const zoneOf = async (shop: Shop) => knownTimeZone((await shops.facts(shop)).timeZone);

  router.get('/privacy-requests', async (_req, res) => {
    const { shop } = merchantOf(res);
    const items = await listRequests(db, shop);
    const timeZone = await zoneOf(shop);
    res.json({ items: items.map((request) => itemOf(shop, request, timeZone, now())) });
  });

  router.get('/privacy-requests/:id/export', async (req, res, next) => {
    const { shop } = merchantOf(res);
    const id = idOf(req.params.id);
    const request = id ? await findRequest(db, shop, id) : null;
    if (request?.kind !== 'data_request') {
      notFound(req, res, next);
      return;
    }
    const name = `data-request-${request.requestId.replaceAll(/[^\w-]/g, '')}.json`;
    await download(res, { name, type: 'json' }, exportPerson(db, shop, request, now()));
  });

  router.get('/people/:id/export', async (req, res, next) => {
    const { shop } = merchantOf(res);
    const id = idOf(req.params.id);
    const subject = id ? await subjectOf(db, shop, id) : null;
    if (!subject) {
      notFound(req, res, next);
      return;
    }
    const pieces = exportPerson(db, shop, { subject, requestId: null, erasedAt: null }, now());
    await download(res, { name: 'person.json', type: 'json' }, pieces);
  });

  router.post('/privacy-requests/:id/done', async (req, res, next) => {
    const { shop } = merchantOf(res);
    const id = idOf(req.params.id);
    const request = id ? await markDone(db, shop, id, now()) : null;
    if (request) res.json(itemOf(shop, request, await zoneOf(shop), now()));
    else notFound(req, res, next);
  });

  return router;
}
