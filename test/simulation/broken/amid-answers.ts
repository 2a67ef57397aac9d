/** Breakages that only show if something happens while Ascent360’s answer is on its way. */
import type { Breakage } from './breakages.ts';

export const OF_AMID_ANSWERS: readonly Breakage[] = [
  {
    number: 'account',
    what: 'nobody looks at the ledger when another account was connected while an opt-out was being sent',
    changes: [
      {
        file: 'server/pipeline/deliver/record.ts',
        find: 'delivery.carriesOptOut && delivery.account !== stored?.account',
        replace: 'false',
      },
    ],
    only: ['choose', 'settings', 'answers'],
  },
  {
    number: 'leaving',
    what: 'what is being sent when the app is uninstalled stays open',
    changes: [
      {
        file: 'server/pipeline/deliver/claim.ts',
        find: "if (life.uninstalledAt !== null) await skipOpen(sql, shop, 'uninstalled', null);",
        replace: '',
      },
    ],
    only: ['choose', 'order', 'uninstall', 'answers'],
  },
];
