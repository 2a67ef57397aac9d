/** Breakages that only a long time, another key, a refused token, a dead process or a clock that is off show. */
import type { Breakage } from './breakages.ts';

export const OF_WORLD_AND_TIME: readonly Breakage[] = [
  {
    number: 'expiry',
    what: 'an event that expires keeps its delivery open, so that nothing else carries its opt-out',
    changes: [
      {
        file: 'server/features/privacy/retention.ts',
        find: 'UPDATE deliveries SET open = false, settled_at = now(), subject',
        replace: "UPDATE deliveries SET lease_until = 'infinity', subject",
      },
    ],
    only: ['choose', 'longPause'],
  },
  {
    number: 'waits',
    what: 'what waits to be read goes on waiting once Shopify refuses the token',
    changes: [
      {
        file: 'server/pipeline/read/chore.ts',
        find: 'await inShop(deps.db, shop, async ({ sql }) => await stopReadWaits(sql, shop));',
        replace: '',
      },
    ],
    only: ['choose', 'order', 'revoke'],
  },
  {
    number: 'grant',
    what: 'a new token counts as refused if the one before was',
    changes: [
      {
        file: 'server/store/shops/admin-tokens.ts',
        find: 'refused_at = NULL, failure = NULL, rest_until',
        replace: 'failure = NULL, rest_until',
      },
    ],
    only: ['choose', 'revoke', 'grant'],
  },
  {
    number: 'absent',
    what: 'who is not in Shopify when first asked about is never asked about again',
    changes: [
      {
        file: 'server/pipeline/read/take-answers.ts',
        find: 'await readLater(sql, shop, absent);',
        replace: '',
      },
    ],
    only: ['choose', 'order', 'absent'],
  },
  {
    number: 'key',
    what: 'what is looked up is hashed with the key that wraps the shop’s own',
    changes: [
      {
        file: 'server/platform/keys.ts',
        find: 'unlock: (domain, wrappedKey, wrapKeyId) => vaultOf(unwrap(domain, wrappedKey, wrapKeyId), memory()),',
        replace: `unlock: (domain, wrappedKey, wrapKeyId) => {
          const vault = vaultOf(unwrap(domain, wrappedKey, wrapKeyId), memory());
          return { ...vault, hash: (kind, value) => vault.hash(kind, wrapKeyId + value) };
        },`,
      },
    ],
    only: ['choose', 'order', 'rotateKey'],
  },
  {
    number: 'lease',
    what: 'the lease of a chore whose process died never runs out',
    changes: [
      {
        file: 'server/store/shops/chore-leases.ts',
        find: 'WHERE chore_leases.lease_until < now() RETURNING owner',
        replace: 'WHERE false RETURNING owner',
      },
    ],
    only: ['choose', 'order', 'crash'],
  },
  {
    number: 'clock',
    what: 'an opt-in dated ahead of the clock of the process that sends it is history',
    changes: [
      {
        file: 'server/domain/consent/decide.ts',
        find: 'const CLOCK_TOLERANCE = 15 * MINUTE;',
        replace: 'const CLOCK_TOLERANCE = 0;',
      },
    ],
    only: ['choose', 'order'],
  },
];
