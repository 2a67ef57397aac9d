import { Router } from 'express';
import { isoOf, timeZoneOf } from '../../domain/days.ts';
import type { Instant } from '../../domain/scalars.ts';
import { said } from '../../domain/wording/in-english.ts';
import { writeCursor } from '../../http/cursor.ts';
import { download } from '../../http/download.ts';
import { found, readInput } from '../../http/errors.ts';
import { type Merchant, merchantOf } from '../../http/merchant-auth.ts';
import { noOptions } from '../../http/no-options.ts';
import { pathId } from '../../http/row-id.ts';
import { inShop } from '../../pipeline/in-shop.ts';
import type { Db } from '../../platform/database/db.ts';
import { chainEnd, userHash } from '../../store/audit/audit-chain.ts';
import { dismissEvents } from '../../store/events/events.ts';
import { findPerson } from '../../store/people/find-person.ts';
import {
  findRequest,
  listRequests,
  markDone,
  type PrivacyRequest,
  type PrivacySubject,
} from '../../store/shops/privacy-requests.ts';
import { loadShopFacts, type Shop } from '../../store/shops/shops.ts';
import { listContract, type NewestEntry, type PrivacyItem, type PrivacyList } from './api.ts';
import { askText, describeRequest } from './ask-text.ts';
import { exportPerson } from './export-person.ts';

type PrivacyRoutesDeps = { db: Db; now: () => Instant };

function itemOf(shop: Shop, request: PrivacyRequest, timeZone: string, now: Instant): PrivacyItem {
  const { subject } = request;
  return {
    id: request.id,
    kind: request.kind,
    requestId: request.requestId,
    receivedAt: new Date(request.receivedAt).toISOString(),
    dueAt: new Date(request.dueAt).toISOString(),
    state: request.state,
    doneAt: isoOf(request.doneAt),
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

/** A person in the form a request would use, and their key, which is left if their profile is damaged. */
async function subjectOf(db: Db, shop: Shop, id: string): Promise<{ subject: PrivacySubject; key: string } | null> {
  const known = await findPerson(db, shop, id);
  if (!known) return null;
  const { person } = known;
  const { customerId, contact } = person.profile;
  const subject = { customerId, email: contact.email ?? null, phone: contact.mobile ?? null, orderIds: [] };
  return { subject, key: person.key };
}

/**
 * Shopify's privacy requests, what is left to do for each, and all data held on one person; mount
 * behind merchantAuth.
 */
export function privacyRoutes({ db, now }: PrivacyRoutesDeps): Router {
  const router = Router();
  const noteExport = async ({ shop, userId }: Merchant, request?: string) => {
    const who = userHash(shop.vault, userId);
    await inShop(db, shop, async ({ audit }) => {
      audit.push({ kind: 'privacy', action: 'exported', who, ...(request !== undefined && { request }) });
    });
  };
  const zoneOf = async (shop: Shop) => timeZoneOf(await loadShopFacts(db, shop));

  const markAsDone = async (shop: Shop, userId: string, id: string) =>
    await inShop(db, shop, async ({ sql, audit }) => {
      const request = await markDone(sql, shop, id, now());
      if (request?.isNew) {
        audit.push({ kind: 'privacy', action: 'done', request: id, who: userHash(shop.vault, userId) });
        // One that we couldn't handle needs no attention any more.
        await dismissEvents(sql, shop, [id]);
      }
      return request;
    });

  router.get('/privacy-requests', async (req, res) => {
    const { shop } = merchantOf(res);
    const { cursor } = readInput(listContract, req.query);
    const [page, newest] = await Promise.all([listRequests(db, shop, cursor), chainEnd(db, shop)]);
    const audit: NewestEntry = newest && { ...newest, at: new Date(newest.at).toISOString() };
    const timeZone = await zoneOf(shop);
    const items = page.requests.map((request) => itemOf(shop, request, timeZone, now()));
    const list: PrivacyList = { items, nextCursor: page.next && writeCursor(page.next), audit };
    res.json(list);
  });

  router.get('/privacy-requests/:id/export', async (req, res) => {
    const merchant = merchantOf(res);
    const { shop } = merchant;
    const asked = await findRequest(db, shop, pathId(req.params.id));
    const request = found(asked?.kind === 'data_request' ? asked : null);
    await noteExport(merchant, request.id);
    const name = `data-request-${request.requestId.replaceAll(/[^\w-]/g, '')}.json`;
    await download(res, { name, type: 'json' }, exportPerson(db, shop, request, now()));
  });

  router.get('/people/:id/export', async (req, res) => {
    const merchant = merchantOf(res);
    const { shop } = merchant;
    const about = found(await subjectOf(db, shop, pathId(req.params.id)));
    await noteExport(merchant);
    const pieces = exportPerson(db, shop, { ...about, requestId: null, erasedAt: null }, now());
    await download(res, { name: 'person.json', type: 'json' }, pieces);
  });

  router.post('/privacy-requests/:id/done', noOptions, async (req, res) => {
    const { shop, userId } = merchantOf(res);
    const request = found(await markAsDone(shop, userId, pathId(req.params.id)));
    res.json(itemOf(shop, request, await zoneOf(shop), now()));
  });

  return router;
}
