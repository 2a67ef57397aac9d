import express from 'express';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readiness } from '../../../server/features/operations/readiness.ts';
import { type Connector, startConnector } from '../../fakes/connector.ts';

const never = async () => await new Promise<never>(() => {});
const fails = async () => await Promise.reject(new Error('away'));

/** A database with the given write access and migrations. */
function database(write: 'answers' | 'fails' | 'hangs', pending: () => Promise<string[]>) {
  const canWrite = { answers: async () => {}, fails, hangs: never }[write];
  return { db: { pending }, canWrite };
}

const appOver = (deps: Parameters<typeof readiness>[0]) => express().get('/readyz', readiness(deps));

const applied = async () => [];
const fine = async () => {};

it.each([
  ['all is well', 200, database('answers', applied), fine, { database: 'ok', migrations: 'ok', queue: 'ok' }],
  ['a migration is missing', 503, database('answers', async () => ['x']), fine, { migrations: 'failing' }],
  ['the database is away', 503, database('fails', fails), fine, { database: 'failing', queue: 'ok' }],
  ['the database hangs', 503, database('hangs', never), fine, { database: 'failing', migrations: 'failing' }],
  ['the queue is away', 503, database('answers', applied), fails, { database: 'ok', queue: 'failing' }],
  ['the queue hangs', 503, database('answers', applied), never, { database: 'ok', queue: 'failing' }],
] as const)(
  'when %s, /readyz answers %i within 2 s and names the failing part',
  async (_what, status, db, check, parts) => {
    const ask = async () => {
      const began = performance.now();
      const answer = await request(appOver({ ...db, queue: { check } })).get('/readyz');
      return { answer, ms: performance.now() - began };
    };
    let { answer, ms } = await ask();
    // Other delays of the machine come and go; a hang would be there every time.
    for (let tries = 1; tries < 4 && ms >= 2000; tries++) ({ answer, ms } = await ask());
    expect(ms).toBeLessThan(2000);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ ready: status === 200, parts });
  },
);

it('migrations are checked until they are applied, then never again', async () => {
  const answers = [['one'], []];
  let looked = 0;
  const pending = async () => {
    looked += 1;
    return answers.shift() ?? ['asked too often'];
  };
  const app = appOver({ ...database('answers', pending), queue: { check: fine } });
  const statuses = [];
  for (let i = 0; i < 4; i += 1) statuses.push((await request(app).get('/readyz')).status);
  expect(statuses).toEqual([503, 200, 200, 200]);
  expect(looked).toBe(2);
});

it('repeated checks ask a hanging database only once', async () => {
  let asked = 0;
  const canWrite = async () => {
    asked += 1;
    return await never();
  };
  const app = appOver({ db: { pending: applied }, canWrite, queue: { check: fine } });
  const answers = await Promise.all([1, 2, 3].map(async () => await request(app).get('/readyz')));
  expect(answers.map((answer) => answer.status)).toEqual([503, 503, 503]);
  expect((await request(app).get('/readyz')).status).toBe(503);
  expect(asked).toBe(1);
});

describe('the real app', () => {
  let connector: Connector;
  beforeAll(async () => {
    connector = await startConnector();
  });
  afterAll(async () => await connector.stop());

  it('is ready, and says so', async () => {
    const answer = await request(connector.url).get('/readyz');
    expect([answer.status, answer.body]).toEqual([
      200,
      { ready: true, parts: { database: 'ok', migrations: 'ok', queue: 'ok' } },
    ]);
  });

  it('treats /metrics like any unknown path without METRICS_TOKEN', async () => {
    const answer = await request(connector.url).get('/metrics').set('authorization', 'Bearer undefined');
    const unknown = await request(connector.url).get('/no-such-route');
    expect([answer.status, answer.body]).toEqual([404, unknown.body]);
    expect(answer.body).toMatchObject({ errors: [{ message: expect.any(String) }] });
  });
});
