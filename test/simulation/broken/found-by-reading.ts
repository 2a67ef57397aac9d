/** Faults that people found by reading the code before the simulation could: each is put back here. */
import type { Breakage } from './breakages.ts';

export const OF_READING: readonly Breakage[] = [
  {
    number: 'carried',
    what: 'anything open for a customer counts as carrying their opt-out by tag',
    changes: [
      {
        file: 'server/pipeline/ledger/open-tag-opt-outs.ts',
        find: 'const due = untold.filter(({ owed }) => !owed.every((key) => carried.has(ledgerKey(key))));',
        replace: 'const due = untold.filter(({ person }) => open.every(({ personId }) => personId !== person.id));',
      },
    ],
    only: ['choose', 'tag', 'street', 'settings', 'uninstall'],
  },
  {
    number: 'confirmed',
    what: 'after a reinstallation any answer about an address confirms an opt-in from before',
    changes: [
      {
        file: 'server/pipeline/process/apply-read.ts',
        find: '.filter(({ state }) => isOptInWord(state))',
        replace: '',
      },
    ],
    only: ['choose', 'uninstall'],
  },
  {
    number: 'tags',
    what: 'the comparison of everyone’s consent doesn’t look at tags',
    changes: [
      {
        file: 'server/features/reconciliation/compare-consent.ts',
        find: 'await readTagOptOuts(sql, shop, customers, (stored ?? nothingStored).settings);',
        replace: '',
      },
    ],
    only: ['street', 'tag', 'uninstall'],
  },
  {
    number: 'tagged',
    what: 'a tag that an answer of Shopify shows is no choice',
    changes: [
      {
        file: 'server/pipeline/process/handle-state.ts',
        find: 'facts.some(isChoice) || isChoiceByTag(batch, t)',
        replace: 'facts.some(isChoice)',
      },
    ],
    only: ['street', 'tag'],
  },
  {
    number: 'back',
    what: 'nobody who comes back opted out to where they had opted in is opted out there',
    changes: [
      {
        file: 'server/pipeline/ledger/opt-outs-elsewhere.ts',
        find: 'return [{ id, channel, address, personId: person.id, state, level, chosenAt, source, eventId }];',
        replace: 'return [];',
      },
    ],
    only: ['choose', 'move'],
  },
  {
    number: 'behind',
    what: 'what Shopify dates later than our clock happened when we learned of it',
    changes: [
      {
        file: 'server/pipeline/process/translate-stored.ts',
        find: 'const triggeredAt = row.triggered_at.getTime();',
        replace: 'const triggeredAt = Math.min(row.triggered_at.getTime(), row.received_at.getTime());',
      },
    ],
    only: ['street', 'delete', 'redact', 'uninstall', 'arrive'],
  },
];
