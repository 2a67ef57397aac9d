/** Breakages of what keeps shops apart, of the erasure of a shop, and of imports. */
import type { Breakage } from './breakages.ts';

/** All shops hash an address alike. */
const unkeyed = {
  file: 'server/platform/keys.ts',
  find: "const hashing = derive('hash');",
  replace: 'const hashing = createSecretKey(Buffer.alloc(32));',
};

export const OF_SHOPS_AND_IMPORTS: readonly Breakage[] = [
  {
    number: 'told',
    what: 'what was told of an address in one shop counts as told in every shop',
    changes: [
      unkeyed,
      {
        file: 'server/store/consent/told-flags.ts',
        find: 'FROM told WHERE shop_id = $1 AND channel = u.channel',
        replace: 'FROM told WHERE $1::int IS NOT NULL AND channel = u.channel',
      },
    ],
    only: ['choose'],
  },
  {
    number: 'facts',
    what: 'what was chosen in one shop counts in every shop',
    changes: [
      unkeyed,
      {
        file: 'server/store/consent/facts.ts',
        find: 'opt_outs\n       FROM consent_facts WHERE shop_id = $1 AND address = k.address OFFSET 0',
        replace: 'opt_outs\n       FROM consent_facts WHERE $1::int IS NOT NULL AND address = k.address OFFSET 0',
      },
    ],
    only: ['choose', 'order'],
  },
  {
    number: 'erasure',
    what: 'the erasure of a shop takes the rows of every shop',
    changes: [
      {
        file: 'server/features/privacy/erase-rows.ts',
        find: '{table} WHERE shop_id = $1 LIMIT',
        replace: '{table} WHERE $1::int IS NOT NULL LIMIT',
      },
    ],
    only: ['choose', 'eraseShop'],
  },
  {
    number: 'rows',
    what: 'the erasure of a shop leaves what was told',
    changes: [
      {
        file: 'server/features/privacy/erase-rows.ts',
        find: "  told: 'shop_id, channel, address',\n",
        replace: '',
      },
    ],
    only: ['choose', 'eraseShop'],
  },
  {
    number: 'import',
    what: 'an import takes an opt-in to be chosen when Shopify wrote its file',
    changes: [
      {
        file: 'server/shopify/records/translate-customer-record.ts',
        find: 'chosenAt: at === undefined ? null : at > until ? ctx.readAt : at,',
        replace: "chosenAt: ctx.source === 'import' ? (ctx.until ?? null) : at === undefined ? null : at,",
      },
    ],
    only: ['choose', 'import'],
  },
  {
    number: 'file',
    what: 'what an import reads counts as newer than what webhooks said while Shopify wrote it',
    changes: [
      {
        file: 'server/admin/bulk-read.ts',
        find: 'askedAt: Date.parse(operation.createdAt),',
        replace: 'askedAt: Date.parse(operation.completedAt ?? operation.createdAt),',
      },
    ],
    only: ['tag', 'import'],
  },
  {
    number: 'list',
    what: 'what Shopify answers about an import’s list counts from when the answer has come',
    changes: [
      {
        file: 'server/features/imports/read-list.ts',
        find: 'next: { line: line + 1, offset: 0 }, readAt };',
        replace: 'next: { line: line + 1, offset: 0 }, readAt: now() };',
      },
    ],
    only: ['tag', 'import'],
  },
  {
    number: 'segment',
    what: 'of a segment only the first page is imported',
    changes: [
      {
        file: 'server/features/imports/read-list.ts',
        find: 'const complete = !pageInfo.hasNextPage;',
        replace: 'const complete = true;',
      },
    ],
    only: ['import'],
  },
  {
    number: 'repeat',
    what: 'an import sends again what Ascent360 already has',
    changes: [
      {
        file: 'server/pipeline/deliver/plan.ts',
        find: 'if (isNothingNew(evaluated, found.entities, contentHash, stored.account)) {',
        replace: 'if (false) {',
      },
    ],
    only: ['order', 'import'],
  },
];
