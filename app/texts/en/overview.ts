import type { OverviewAnswer } from '../../../server/features/overview/api.ts';

/** The overview. It never says more of a record than that Ascent360 accepted it. */
export const overview = {
  title: 'Overview',
  connection: {
    not_connected: 'Not connected',
    connected: 'Connected',
    paused: 'Paused',
    problem: 'Connection problem',
    uninstalled: 'Uninstalled',
  } satisfies Record<OverviewAnswer['connection']['state'], string>,
  connect: 'Connect',
  connectTitle: 'Connect this shop to Ascent360',
  setup: {
    title: 'First steps',
    progress: (done: number, all: number) => `${done} of ${all} done`,
    go: 'Go on',
    dismiss: 'Hide the first steps',
  },
  problems: {
    title: 'Needs you',
    none: 'Nothing needs you.',
    since: (moment: string) => `Since ${moment}`,
    actions: {
      settings: 'Check the connection',
      setup: 'Connect',
      activity: 'Look at them',
      imports: 'Look at the import',
      privacy: 'Look at the requests',
    } as Record<string, string>,
  },
  figures: {
    title: 'What became of the events',
    windows: { '24h': '24 hours', '7d': '7 days', '30d': '30 days' },
    windowLabel: 'Period',
    received: 'Received',
    states: {
      accepted: 'Accepted',
      merged: 'Merged',
      skipped: 'Skipped',
      waiting: 'Waiting',
      attention: 'Attention',
    },
    hints: {
      received: 'Events from Shopify',
      accepted: 'Ascent360 took the record',
      merged: 'Went out as part of a newer one',
      skipped: 'Nothing to send; each says why',
      waiting: 'Go out by themselves',
      attention: 'Need a look',
    },
    note: 'Accepted means that Ascent360 took the record. It cleanses and merges records overnight, so its own counts may differ.',
    none: 'No events yet',
    noneText: 'They come by themselves as soon as somebody orders, or a customer changes. You need not do anything.',
  },
  chart: {
    title: 'The last 14 days',
    summary: (received: string, first: string, last: string) =>
      `${received} events from ${first} to ${last}, by day and by how they ended.`,
    show: 'Show the numbers',
    hide: 'Hide the numbers',
    day: 'Day',
    skipped: 'Skipped or merged',
    tip: (day: string, received: string) => `${day}: ${received} received`,
  },
  underway: {
    title: 'Under way',
    lastEvent: 'Last event from Shopify',
    oldestWaiting: 'Oldest waiting',
    optOuts: 'Opt-outs not accepted yet',
    import: 'Import',
    never: 'none yet',
    nothing: 'none',
    importDone: (done: string, total: string) => `${done} of ${total}`,
  },
};
