/** Breakages of what the pages tell the merchant: Ascent360 gets what it should. */
import type { Breakage } from './breakages.ts';

export const OF_CLAIMS: readonly Breakage[] = [
  {
    number: 'proof',
    what: 'what the GUID before accepted shows that the new one works',
    changes: [
      {
        file: 'server/pipeline/deliver/record.ts',
        find: '(one) => isOfGuid(one) && !atFault',
        replace: '(one) => !atFault',
      },
    ],
    only: ['choose', 'order', 'settings'],
  },
  {
    number: 'counted',
    what: 'an opt-out that was rejected doesn’t count as undelivered',
    changes: [
      {
        file: 'server/store/events/open-opt-outs.ts',
        find: "AND e.state = 'attention' AND NOT",
        replace: 'AND false AND NOT',
      },
    ],
    only: ['choose', 'answers'],
  },
  {
    number: 'delivered',
    what: 'an opt-out that was rejected counts as undelivered once something else has told it',
    changes: [
      {
        file: 'server/store/events/open-opt-outs.ts',
        find: 'AND t.accepted_at >= ',
        replace: 'AND false AND t.accepted_at >= ',
      },
    ],
    only: ['choose', 'answers'],
  },
  {
    number: 'late',
    what: 'no opt-out is late',
    changes: [
      {
        file: 'server/store/deliveries/late-opt-outs.ts',
        find: 'const LATE_DAYS = 3;',
        replace: 'const LATE_DAYS = 300;',
      },
    ],
    only: ['choose', 'settings', 'shopUpdate'],
  },
  {
    number: 'page',
    what: 'a person’s page shows what the account before had accepted',
    changes: [
      {
        file: 'server/features/people/routes.ts',
        find: 'account: stored?.account ?? 1 });',
        replace: 'account: 1 });',
      },
    ],
    only: ['choose', 'street', 'settings'],
  },
  {
    number: 'refused',
    what: 'the timeline says of a flag that Ascent360 rejected that it was told',
    changes: [
      {
        file: 'server/features/people/timeline.ts',
        find: "decision === 'refused' || (decision === 'told' && (outcome === 'rejected' || outcome === 'connection_problem'));",
        replace: 'false;',
      },
      { file: 'server/pipeline/deliver/record.ts', find: 'refuseDecisions(sql, shop, refused),', replace: '' },
    ],
    only: ['choose', 'street', 'answers'],
  },
  {
    number: 'export',
    what: 'who asks for their data learns only of what Ascent360 accepted',
    changes: [
      {
        file: 'server/features/privacy/export-person.ts',
        find: 'FROM attempts WHERE delivery_id = $1 ORDER BY at, id',
        replace: 'FROM attempts WHERE delivery_id = $1 AND class = $$accepted$$ ORDER BY at, id',
      },
    ],
    only: ['order', 'street', 'answers', 'dataRequest'],
  },
  {
    number: 'disconnect',
    what: 'what is sent goes on after the GUID was erased',
    changes: [
      {
        file: 'server/store/shops/settings.ts',
        find: 'UPDATE settings SET guid = $2, guid_last4 = $3,',
        replace: 'UPDATE settings SET guid = coalesce($2, guid), guid_last4 = $3,',
      },
    ],
    only: ['order', 'street', 'disconnect'],
  },
  {
    number: 'whatsApp',
    what: 'an answer about WhatsApp is one about SMS',
    changes: [
      {
        file: 'server/shopify/translate/translate-consent.ts',
        find: "return consentOf('whatsapp', body, ctx, {",
        replace: "return consentOf('sms', body, ctx, {",
      },
    ],
    only: ['whatsApp', 'street'],
  },
];
