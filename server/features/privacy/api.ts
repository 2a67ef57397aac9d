import { z } from 'zod';
import { textContract } from '../../domain/wording/text-contract.ts';
import type { ApiRoute } from '../../http/api-description.ts';
import { cursorContract } from '../../http/cursor.ts';

const moment = z.iso.datetime();

/** The query of the list. */
export const listContract = z.object({ cursor: cursorContract });

/**
 * SPEC 4.2. `id`: also the event's. `shop_redact`: only one that failed; its `askText` is empty. `who`: data requests only, until the person is erased. Times in
 * ISO 8601.
 */
const privacyItem = z.object({
  id: z.uuid(),
  kind: z.enum(['data_request', 'redact', 'shop_redact']),
  requestId: z.string(),
  receivedAt: moment,
  dueAt: moment,
  state: z.enum(['open', 'ready', 'done']),
  doneAt: moment.nullable(),
  message: z.string(),
  text: textContract,
  askText: z.string(),
  who: z
    .object({
      email: z.string().exactOptional(),
      phone: z.string().exactOptional(),
      customerId: z.string().exactOptional(),
    })
    .exactOptional(),
});
export type PrivacyItem = z.infer<typeof privacyItem>;

/** The newest entry of the audit log; null: there is none yet. */
const newestEntry = z.object({ seq: z.int(), hash: z.string(), at: moment }).nullable();
export type NewestEntry = z.infer<typeof newestEntry>;

const privacyList = z.object({ items: z.array(privacyItem), nextCursor: z.string().nullable(), audit: newestEntry });
export type PrivacyList = z.infer<typeof privacyList>;

export const privacyApi: readonly ApiRoute[] = [
  {
    method: 'get',
    path: '/privacy-requests',
    does: 'Lists what Shopify asked for about people. What is not done is on the first pages.',
    query: listContract,
    answer: { json: privacyList },
    refusals: [422],
  },
  {
    method: 'get',
    path: '/privacy-requests/:id/export',
    does: 'Gives everything held on the person of a data request, as a file.',
    answer: { file: 'application/json' },
    refusals: [404],
  },
  {
    method: 'get',
    path: '/people/:id/export',
    does: 'Gives everything held on a person, as a file.',
    answer: { file: 'application/json' },
    refusals: [404],
  },
  {
    method: 'post',
    path: '/privacy-requests/:id/done',
    does: 'Marks a request as done by the merchant.',
    answer: { json: privacyItem },
    refusals: [404, 422],
  },
];
