/**
 * Sends real webhooks from a process of its own, which is as quick as ever while the test's is busy with a crowd. The one that
 * forks it says `{ url, pid }` of the app to begin and `stop` to end, and gets what was sent.
 */

import { readFileSync } from 'node:fs';
import { until } from './connector.ts';
import { clientOf } from './connector-process.ts';
import { type Sent, startTraffic, type Traffic } from './fault-oracle.ts';

type Begin = { url: string; pid: number };
/** When a try left, and how long its answer took, without what the app waited for a processor meanwhile; in milliseconds. */
type Answered = { at: number; ms: number };
export type TrafficReport = { sent: Sent[]; statuses: Sent['statuses']; answered: Answered[] };

let traffic: Traffic | undefined;
let answered: Answered[] = [];

/** How long the process has been waiting for a processor that others on the machine used, in milliseconds; only Linux says it. */
const heldUpMs = (pid: number) =>
  process.platform === 'linux' ? Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6 : 0;

function begin({ url, pid }: Begin): void {
  const client = clientOf(url);
  answered = [];
  const send: typeof client.send = async (...webhook) => {
    const at = Date.now();
    const before = performance.now() - heldUpMs(pid);
    try {
      return await client.send(...webhook);
    } finally {
      answered.push({ at, ms: performance.now() - heldUpMs(pid) - before });
    }
  };
  traffic = startTraffic(() => ({ send }), { lines: 4, perSecond: 20 });
}

async function end({ sent, statuses, stop }: Traffic): Promise<TrafficReport> {
  await until('real webhooks were sent', async () => (sent.length > 20 ? true : undefined));
  await stop();
  return { sent, statuses, answered };
}

process.on('message', (message: Begin | 'stop') => {
  if (message !== 'stop') {
    begin(message);
    process.send?.('begun');
  } else if (traffic) void end(traffic).then((report) => process.send?.(report));
});
process.on('disconnect', () => process.exit());
