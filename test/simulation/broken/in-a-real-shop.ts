/** Breakages of what a shop's daily life leads to: merges, other tags, a channel that is left out, and odd answers. */
import type { Breakage } from './breakages.ts';

export const OF_REAL_SHOPS: readonly Breakage[] = [
  {
    number: 'moved',
    what: 'what waits for a customer merged away stays theirs',
    changes: [
      {
        file: 'server/pipeline/process/handle-person-event.ts',
        find: 'batch.handOver(gone, kept);',
        replace: '',
      },
    ],
    only: ['order', 'merge', 'answers'],
  },
  {
    number: 'renamed',
    what: 'nobody looks for opt-outs when another tag is mapped',
    changes: [
      {
        file: 'server/store/shops/settings.ts',
        find: 'if (changes.length > 0) await askLedgerCheck(sql, shop);',
        replace: '',
      },
    ],
    only: ['tag', 'street', 'settings'],
  },
  {
    number: 'channel',
    what: 'a channel is left out only in the letters that the merchant typed',
    changes: [
      {
        file: 'server/domain/settings.ts',
        find: 'excluded.toLowerCase() === from',
        replace: 'excluded === from',
      },
    ],
    only: ['order', 'guestOrder'],
  },
  {
    number: 'html',
    what: 'a page that something else answers with is Ascent360’s answer',
    changes: [
      {
        file: 'server/ascent360/classify-answer.ts',
        find: 'if (isHtmlPage(answer)) return',
        replace: 'if (false) return',
      },
    ],
    only: ['choose', 'order', 'answers'],
  },
];
