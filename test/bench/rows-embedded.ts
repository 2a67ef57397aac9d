import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { signIdToken } from '../fakes/id-token.ts';
import type { LoadReport } from './load.ts';
import type { Row, Run } from './row.ts';
import { API_KEY, ask, median, SECRET, shopNames } from './world.ts';

/** One connected process with PGlite and without Redis, delivering while it receives. */
export async function embedded({ world, pairs, quick, say }: Run): Promise<Row[]> {
  const count = quick ? 1500 : 3000;
  const receiver = await world.helper('receiver.ts');
  const load = await world.helper('load.ts');
  const began = performance.now();
  const app = await world.app('embedded', {
    DATABASE_URL: 'embedded',
    DATA_DIR: path.join(world.dir, 'embedded'),
    ASCENT360_BASE_URL: receiver.url,
  });
  const startSeconds = (performance.now() - began) / 1000;
  const startCpuSeconds = app.cpuMs() / 1000;
  say(`embedded: ready after ${startSeconds.toFixed(2)} s, ${startCpuSeconds.toFixed(2)} s of processor time`);
  const shops = shopNames(20);
  for (const shop of shops) {
    const token = await signIdToken({ apiKey: API_KEY, secret: SECRET, shop });
    const answer = await fetch(`${app.url}/api/settings`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ guid: randomUUID() }),
    });
    if (answer.status !== 200) throw new Error(`Settings were answered with ${answer.status}`);
  }
  const rates: number[] = [];
  for (let run = -1; run < pairs; run++) {
    const before = app.cpuMs();
    const report = await ask<LoadReport>(load, {
      port: app.port,
      secret: SECRET,
      shops,
      count,
      connections: 64,
      rate: null,
      bodies: count,
      firstBody: (run + 1) * count,
    });
    say(
      `embedded: ${report.perSecond.toFixed(0)}/s, p99 ${report.p99.toFixed(0)} ms, ${JSON.stringify(report.statuses)}, processor time a webhook ${((app.cpuMs() - before) / count).toFixed(2)} ms`,
    );
    if (run >= 0) rates.push((report.statuses['200'] ?? 0) / report.seconds);
  }
  for (const server of [app, load, receiver]) await server.stop();
  const rate = median(rates);
  return [
    {
      what: 'embedded: from starting in an empty directory to ready',
      ours: `${startSeconds.toFixed(2)} s, ${startCpuSeconds.toFixed(2)} s of processor time`,
      other: '',
      result: `${startSeconds.toFixed(2)} s`,
      bar: '≤ 3 s',
      pass: startSeconds <= 3,
    },
    {
      what: 'embedded (PGlite, no Redis, delivering meanwhile): webhooks acknowledged',
      ours: `${Math.round(rate)}/s`,
      other: '',
      result: `${Math.round(rate)}/s`,
      bar: '≥ 300/s',
      pass: rate >= 300,
    },
  ];
}
