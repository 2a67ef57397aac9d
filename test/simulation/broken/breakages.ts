/**
 * One small breakage of today's code for each of the first twenty field cases: what the simulator
 * should notice, and the kinds of steps that lead there.
 */
import type { StepKind } from '../history.ts';

export type Breakage = {
  /** The field case, or a name. */
  number: number | string;
  what: string;
  /** The text in a file of the server that is replaced; it occurs there once. */
  changes: readonly { file: string; find: string; replace: string }[];
  only: readonly StepKind[];
};

const nothingChecked = {
  file: 'server/pipeline/ledger/check.ts',
  find: 'due: shopsToCheck,',
  replace: 'due: async () => [],',
};

export const BREAKAGES: readonly Breakage[] = [
  {
    number: 1,
    what: 'a customer merged away counts as deleted',
    changes: [
      {
        file: 'server/pipeline/process/handle-person-event.ts',
        find: 'gone.mergedInto = kept.id;\n    gone.deletedAt = null;',
        replace: 'gone.deletedAt = event.triggeredAt;',
      },
    ],
    only: ['order', 'merge', 'arrive'],
  },
  {
    number: 2,
    what: 'a stale state says nothing about a choice',
    changes: [
      {
        file: 'server/pipeline/process/handle-state.ts',
        find: 'return choice ? handleStale(',
        replace: 'return false ? handleStale(',
      },
    ],
    only: ['guestOrder', 'changeOrder', 'arrive'],
  },
  {
    number: 3,
    what: 'of two states with one date the later handled one stands',
    changes: [
      {
        file: 'server/domain/is-stale.ts',
        find: 'return state.triggeredAt !== null &&',
        replace: 'return false && state.triggeredAt !== null &&',
      },
    ],
    only: ['order', 'changeOrder', 'arrive'],
  },
  {
    number: 4,
    what: 'an order that comes without its customer is nobody’s',
    changes: [
      {
        file: 'server/pipeline/process/meet-person.ts',
        find: 'if (owner && owner.profile.customerId !== null) return owner;',
        replace: '',
      },
    ],
    only: ['order', 'delete', 'changeOrder'],
  },
  {
    number: 5,
    what: 'a date that is not ISO 8601 is a date',
    changes: [
      {
        file: 'server/shopify/translate/read-moment.ts',
        find: 'const written = inOneSpelling(text.trim());',
        replace: 'const written = Number.isNaN(Date.parse(text)) ? text : new Date(text).toISOString();',
      },
    ],
    only: ['choose'],
  },
  {
    number: 6,
    what: 'an opt-in goes out after a reinstallation without asking anew',
    changes: [
      {
        file: 'server/domain/consent/decide.ts',
        find: 'if (!(optIn.at >= (to.optInsFromOn?.[channel] ?? to.optInsFrom)))',
        replace: 'if (false)',
      },
    ],
    only: ['choose', 'answers', 'uninstall', 'reinstall', 'order'],
  },
  {
    number: 7,
    what: 'consent is not compared after a reinstallation',
    changes: [
      {
        file: 'server/features/reconciliation/chore.ts',
        find: "return at.consentDue && (await orPostpone(deps, work, 'consent', at));",
        replace: 'return false;',
      },
    ],
    only: ['choose', 'uninstall', 'reinstall', 'order'],
  },
  {
    number: 8,
    what: 'the ledger is never held against what was told: an uninstallation loses what waited',
    changes: [nothingChecked],
    only: ['choose', 'answers', 'uninstall', 'reinstall'],
  },
  {
    number: 9,
    what: 'what a merged customer chose is skipped',
    changes: [
      {
        file: 'server/pipeline/process/handle-consent.ts',
        find: 'const { channel, state } = t.fact;',
        replace:
          "if (batch.people.mergedAway(key)) return skipped('deleted_person');\n  const { channel, state } = t.fact;",
      },
    ],
    only: ['choose', 'merge', 'arrive'],
  },
  {
    number: 10,
    what: 'a deletion loses the opt-out that waits',
    changes: [
      {
        file: 'server/pipeline/ledger/open-due-opt-outs.ts',
        find: 'return any ? { holder: any, alone: true } : null;',
        replace: 'return any && !any.gone ? { holder: any, alone: true } : null;',
      },
    ],
    only: ['choose', 'delete', 'answers'],
  },
  {
    number: 11,
    what: 'the ledger is never held against what was told: a changed setting releases nothing',
    changes: [nothingChecked],
    only: ['choose', 'settings'],
  },
  {
    number: 12,
    what: 'what was told of the post is kept by the address',
    changes: [
      {
        file: 'server/pipeline/deliver/context.ts',
        find: "channel: 'postal', address: personId",
        replace: "channel: 'postal', address: JSON.stringify(contact.address)",
      },
    ],
    only: ['tag', 'order'],
  },
  {
    number: 13,
    what: 'what was told of the phone is kept by its number',
    changes: [
      {
        file: 'server/pipeline/deliver/context.ts',
        find: "channel: 'phone', address: personId",
        replace: "channel: 'phone', address: contact.phone",
      },
    ],
    only: ['tag', 'order'],
  },
  {
    number: 14,
    what: 'what was told of the post is kept by its spelling',
    changes: [
      {
        file: 'server/pipeline/deliver/context.ts',
        find: "channel: 'postal', address: personId",
        replace: "channel: 'postal', address: personId + JSON.stringify(contact.address)",
      },
    ],
    only: ['tag', 'street', 'order'],
  },
  {
    number: 15,
    what: 'an opt-in leaves while an opt-out is stored and not translated yet',
    changes: [
      {
        file: 'server/pipeline/deliver/claim.ts',
        find: 'mayHold ? holdBackChoices(plan)',
        replace: 'false ? holdBackChoices(plan)',
      },
      {
        file: 'server/pipeline/deliver/leave-at-once.ts',
        find: 'if (plan.leaving.length > 0 &&',
        replace: 'if (false &&',
      },
    ],
    only: ['choose', 'shopUpdate'],
  },
  {
    number: 16,
    what: 'nobody asks whether the one who has the address now has chosen',
    changes: [
      {
        file: 'server/domain/consent/decide.ts',
        find: 'if (holder) return',
        replace: 'if (false) return',
      },
    ],
    only: ['choose', 'move', 'answers'],
  },
  {
    number: 17,
    what: 'a choice counts for whatever address the person has',
    changes: [
      {
        file: 'server/domain/consent/decide.ts',
        find: 'return fact.addressChangedAt === null ||',
        replace: 'return true || fact.addressChangedAt === null ||',
      },
    ],
    only: ['choose', 'move', 'order'],
  },
  {
    number: 18,
    what: 'lists go out while it is not known whether the data may be sold',
    changes: [
      {
        file: 'server/pipeline/deliver/lists-decision.ts',
        find: "if (input.unread || input.dataSaleOptOut === null) return no('unread');",
        replace: '',
      },
    ],
    only: ['settings', 'order', 'choose'],
  },
  {
    number: 19,
    what: 'a message that names an address is not about it',
    changes: [
      {
        file: 'server/pipeline/process/handle-consent.ts',
        find: "const named = fact.address !== null && fact.source === 'consent_topic';",
        replace: 'const named = false;',
      },
    ],
    only: ['choose', 'move'],
  },
  {
    number: 20,
    what: 'an opt-in without a date counts from when the message was triggered',
    changes: [
      {
        file: 'server/shopify/translate/read-moment.ts',
        find: 'return isOptIn ? { chosenAt: null, heardAt: triggeredAt } : { chosenAt: latest };',
        replace: 'return { chosenAt: latest };',
      },
    ],
    only: ['choose', 'replay'],
  },
];
