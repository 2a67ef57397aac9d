import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { sharedPostgres } from '../fakes/connector-process.ts';
import { fairMsOf } from '../fakes/fair-clock.ts';
import {
  GOES_ON_WITHIN_MS,
  goesOn,
  loadDatabase,
  OUTAGE_SECONDS,
  readiness,
  STOPPED_SECONDS,
  saysSo,
  survives,
  TIMEOUT_MS,
} from '../fakes/loaded-database.ts';

describe.skipIf(!sharedPostgres())('PostgreSQL that goes silent under load', { timeout: TIMEOUT_MS }, () => {
  it('row 35: packets dropped on open connections, new ones healthy: both resume within 15 s, and /readyz fails until then', async () => {
    const scene = await loadDatabase();
    scene.wire.goDark();
    const resuming = async () => {
      await saysSo(scene);
      await goesOn(scene);
    };
    expect(await fairMsOf(resuming)).toBeLessThan(GOES_ON_WITHIN_MS);
    await survives(scene);
  });

  it(`row 36: its server stopped for ${STOPPED_SECONDS} s and continued: both resume within 15 s, and /readyz fails until then`, async () => {
    const scene = await loadDatabase();
    scene.postgres.freeze();
    await saysSo(scene);
    await wait(STOPPED_SECONDS * 1000);
    expect(await readiness(scene.connector)).toBe(503);
    expect(scene.traffic.statuses.at(-1)).toBe(503);
    scene.postgres.thaw();
    await goesOn(scene);
    await survives(scene);
  });

  it('row 37: its server killed and restarted: both resume within 15 s', async () => {
    const scene = await loadDatabase();
    await scene.postgres.end('crash');
    await saysSo(scene);
    await wait(OUTAGE_SECONDS * 1000);
    await scene.postgres.begin();
    await goesOn(scene);
    await survives(scene);
  });
});
