/** Breakages of settings, orders, topics and buttons that no history had before. */
import type { Breakage } from './breakages.ts';

const route = 'server/features/settings/routes.ts';

export const OF_NEW_KINDS: readonly Breakage[] = [
  {
    number: 'guest',
    what: 'whoever is to be erased by an email address alone stays',
    changes: [
      {
        file: 'server/store/erase/who-is-meant.ts',
        find: 'email && guestKey(vault, email)].filter',
        replace: 'null].filter',
      },
      {
        file: 'server/store/erase/who-is-meant.ts',
        find: '    email && emailHash(vault, email),\n    phone',
        replace: '    phone',
      },
    ],
    only: ['guestOrder', 'order', 'redactGuest'],
  },
  {
    number: 'undated',
    what: 'a comparison drops an opt-out that Shopify doesn’t date',
    changes: [
      {
        file: 'server/features/reconciliation/choices.ts',
        find: "return ofKnown && fact.state === 'unsubscribed' && !said.some(outdoes);",
        replace: 'return false;',
      },
    ],
    only: ['choose', 'guestOrder', 'uninstall', 'reinstall'],
  },
  {
    number: 'format',
    what: 'JSON goes out though XML is set',
    changes: [
      {
        file: 'server/pipeline/deliver/lease-and-note.ts',
        find: "stored.settings.format === 'xml' ?",
        replace: 'false ?',
      },
    ],
    only: ['order', 'settings'],
  },
  {
    number: 'details',
    what: 'the details of an order go out though they are switched off',
    changes: [
      {
        file: 'server/ascent360/build-payload.ts',
        find: 'if (!settings.send.orderDetails) return',
        replace: 'if (false) return',
      },
    ],
    only: ['order', 'guestOrder', 'settings'],
  },
  {
    number: 'cancelled',
    what: 'a cancelled order goes out as one that changed',
    changes: [
      {
        file: 'server/shopify/translate/build-purchase.ts',
        find: "order.cancelled_at === undefined ? 'updated' : 'cancelled'",
        replace: "'updated'",
      },
    ],
    only: ['order', 'changeOrder'],
  },
  {
    number: 'edited',
    what: 'an edited order has the total that it had before',
    changes: [
      {
        file: 'server/shopify/translate/build-purchase.ts',
        find: 'order.current_total_price ?? order.total_price',
        replace: 'order.total_price',
      },
    ],
    only: ['order', 'changeOrder'],
  },
  {
    number: 'scopes',
    what: 'what Shopify says of the app’s scopes can’t be handled',
    changes: [
      {
        file: 'server/shopify/topics.ts',
        find: "'lifecycle', scopesSchema, translateScopesUpdate)",
        replace: "'lifecycle', scopesSchema, () => {  throw new Error('Unknown');})",
      },
    ],
    only: ['order', 'scopesUpdate'],
  },
  {
    number: 'testRecord',
    what: 'a test record that Ascent360 accepts leaves the connection problem',
    changes: [{ file: route, find: 'await clearProblem(sql, shop);', replace: '' }],
    only: ['order', 'answers', 'testRecord'],
  },
  {
    number: 'breaker',
    what: 'a test record that Ascent360 accepts leaves the breaker open',
    changes: [{ file: route, find: 'await saveBreaker(sql, shop, CLOSED);', replace: '' }],
    only: ['order', 'guestOrder', 'move', 'answers', 'shopUpdate', 'testRecord'],
  },
  {
    number: 'settle',
    what: 'whoever dismisses what has one cause dismisses what has any',
    changes: [
      {
        file: 'server/features/activity/routes.ts',
        find: "{ ...filter, state: ['attention' as const] }",
        replace: "{ ...filter, reason: null, state: ['attention' as const] }",
      },
    ],
    only: ['order', 'answers', 'shopUpdate', 'settle'],
  },
];
