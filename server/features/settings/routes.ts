import { type Response, Router } from 'express';
import { type Body, bodyOf } from '../../ascent360/body.ts';
import type { Attempt } from '../../ascent360/client.ts';
import { CLOSED } from '../../domain/delivery/breaker.ts';
import { faultOf } from '../../domain/fault.ts';
import type { Instant } from '../../domain/scalars.ts';
import { parseSettings } from '../../domain/settings/contract.ts';
import type { AttemptClass } from '../../domain/states.ts';
import { said } from '../../domain/wording/in-english.ts';
import { conflict, jsonBody, readInput, Unprocessable } from '../../http/errors.ts';
import { merchantOf } from '../../http/merchant-auth.ts';
import { noOptions } from '../../http/no-options.ts';
import type { Db } from '../../platform/database/db.ts';
import { clearProblem, noteProblem, noteProof, saveSeen } from '../../store/shops/proof.ts';
import { listChanges } from '../../store/shops/setting-changes.ts';
import {
  loadSettings,
  removeGuid,
  type StoredSettings,
  saveBreaker,
  saveSettings,
  settingsOrDefaults,
  whileItHas,
} from '../../store/shops/settings.ts';
import { loadShopFacts, type Shop } from '../../store/shops/shops.ts';
import type { SettingsAnswer } from './api.ts';
import { emailAddress, seenContract, testRequest } from './contract.ts';

/** The result of a test record. `status` null: no answer arrived. `ms`: how long it took. */
export type TestRecordResult = Pick<Attempt, 'class' | 'status' | 'ms' | 'error' | 'text'>;

type SettingsRoutesDeps = {
  db: Db;
  /** Posts one record to Ascent360, once. */
  sendTestRecord(guid: string, body: Body): Promise<TestRecordResult>;
  /** Wakes the shop's sender: something may be sendable now that wasn't before. */
  onChange(shop: Shop): void | Promise<void>;
  /** Milliseconds until a refused GUID is retried automatically. */
  connectionProbe: number;
  now: () => Instant;
};

const MOST_CHANGES = 100;

const outcomes = {
  accepted: 'accepted',
  rejected: 'rejected',
  connection_problem: 'connection_problem',
  retry: 'unreachable',
  unknown: 'unreachable',
} as const satisfies Record<AttemptClass, string>;

const testBody = ({ settings }: StoredSettings, email: string) =>
  bodyOf(settings.format, {
    SourceName: settings.sourceName,
    SourceType: settings.sourceType,
    FirstName: 'Ascent360',
    LastName: 'Test record',
    Email: email,
  });

/** The merchant's settings and the test record; mount behind merchantAuth. */
export function settingsRoutes(deps: SettingsRoutesDeps): Router {
  const { db, now } = deps;

  /** The answer of every settings call: the whole document, with the GUID masked. */
  async function answerDocument(res: Response, shop: Shop): Promise<void> {
    const { settings, guidLast4 } = await settingsOrDefaults(db, shop);
    const answer: SettingsAnswer = { ...settings, guid: null, guidLast4 };
    res.json(answer);
  }

  /** The address to send a test record to. */
  async function testAddress(shop: Shop, body: unknown): Promise<string> {
    const asked = readInput(testRequest, body);
    const own = emailAddress.safeParse(asked?.email ?? (await loadShopFacts(db, shop)).email);
    if (!own.success) throw new Unprocessable(faultOf('email', { code: 'fault.no_own_email' }));
    return own.data;
  }

  const router = Router();

  router.get('/settings', async (_req, res) => {
    await answerDocument(res, merchantOf(res).shop);
  });

  router.put('/settings', jsonBody, async (req, res) => {
    const { shop, userId } = merchantOf(res);
    const parsed = parseSettings(req.body, await loadShopFacts(db, shop));
    if (!parsed.ok) throw new Unprocessable(...parsed.errors);
    await saveSettings(db, shop, parsed, { who: userId, now: now() });
    await deps.onChange(shop);
    await answerDocument(res, shop);
  });

  router.delete('/settings/guid', noOptions, async (_req, res) => {
    const { shop, userId } = merchantOf(res);
    await removeGuid(db, shop, { who: userId, now: now() });
    await answerDocument(res, shop);
  });

  router.put('/seen', jsonBody, async (req, res) => {
    const { shop } = merchantOf(res);
    const { answer } = readInput(seenContract, req.body);
    const at = now();
    if (await saveSeen(db, shop, answer, at)) res.json({ answer, at: new Date(at).toISOString() });
    else conflict(res, { code: 'refusal.nothing_accepted' });
  });

  router.get('/settings/changes', async (_req, res) => {
    const { shop, userId } = merchantOf(res);
    const changes = await listChanges(db, shop, MOST_CHANGES);
    res.json({ items: changes.map((change) => ({ ...change, at: new Date(change.at).toISOString() })), you: userId });
  });

  router.post('/test-record', jsonBody, async (req, res) => {
    const { shop } = merchantOf(res);
    const stored = await loadSettings(db, shop);
    if (!stored?.guid) throw new Unprocessable(faultOf('guid', { code: 'fault.save_guid_first' }));
    const email = await testAddress(shop, req.body);
    const { guid } = stored;
    const result = await deps.sendTestRecord(guid, testBody(stored, email));
    const at = now();
    if (result.class === 'accepted') {
      await whileItHas(db, shop, guid, async (sql) => {
        await noteProof(sql, shop, at);
        await clearProblem(sql, shop);
        // Ascent360 is up.
        await saveBreaker(sql, shop, CLOSED);
      });
      await deps.onChange(shop);
    } else if (result.class === 'connection_problem') {
      const refusal = { error: result.error ?? 'refused', now: at, probeAt: at + deps.connectionProbe };
      await whileItHas(db, shop, guid, async (sql) => await noteProblem(sql, shop, refusal));
    }
    const { status, ms } = result;
    res.json({ outcome: outcomes[result.class], at: new Date(at).toISOString(), status, ms, ...said(result.text) });
  });

  return router;
}
