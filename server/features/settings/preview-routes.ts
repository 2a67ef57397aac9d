import { Router } from 'express';
import type { z } from 'zod';
import { faultOf } from '../../domain/fault.ts';
import type { Instant } from '../../domain/scalars.ts';
import { parseSettings } from '../../domain/settings/contract.ts';
import { type Translated, TranslationError } from '../../domain/translated.ts';
import type { Text } from '../../domain/wording/text.ts';
import { jsonText, readInput, Unprocessable } from '../../http/errors.ts';
import { merchantOf } from '../../http/merchant-auth.ts';
import type { Db } from '../../platform/database/db.ts';
import { parseBody } from '../../shopify/parse-body.ts';
import { topicOf } from '../../shopify/topics.ts';
import { type StoredSettings, settingsOrDefaults } from '../../store/shops/settings.ts';
import { loadShopFacts, type Shop } from '../../store/shops/shops.ts';
import { previewContract } from './contract.ts';
import { previewEvent } from './preview-event.ts';

type PreviewRoutesDeps = { db: Db; now: () => Instant };

type Asked = z.output<typeof previewContract>;

/** Parsing the body from text keeps ids exact that are too large for a JavaScript number. */
function read(asked: Asked, shopCountry: string | null, now: Instant): { topic: string; translated: Translated } {
  const refused = (field: string, text: Text) => new Unprocessable(faultOf(field, text));
  const topic = topicOf(asked.topic);
  if (!topic) throw refused('topic', { code: 'fault.unknown_topic' });
  const parsed = typeof asked.body === 'string' ? parseBody(asked.body) : { ok: true as const, body: asked.body };
  if (!parsed.ok) throw refused('body', { code: `detail.${parsed.why}` });
  try {
    const context = { topic: topic.name, triggeredAt: now, shopCountry };
    return { topic: topic.name, translated: topic.translate(parsed.body, context) };
  } catch (error) {
    if (!(error instanceof TranslationError)) throw error;
    throw refused('body', { code: `detail.${error.detail}` });
  }
}

/**
 * What an event would send with unsaved settings; sends and stores nothing. Mount behind
 * merchantAuth.
 */
export function previewRoutes({ db, now }: PreviewRoutesDeps): Router {
  /** The saved settings with the unsaved document in their place. */
  async function settingsFor(shop: Shop, unsaved: unknown): Promise<StoredSettings> {
    const before = await settingsOrDefaults(db, shop);
    if (unsaved === undefined || unsaved === null) return before;
    const parsed = parseSettings(unsaved, await loadShopFacts(db, shop));
    if (!parsed.ok) {
      const under = (field: string) => (field === '' ? 'settings' : `settings.${field}`);
      throw new Unprocessable(...parsed.errors.map((fault) => ({ ...fault, field: under(fault.field) })));
    }
    const newGuid = parsed.guid !== null && parsed.guid !== before.guid;
    return {
      ...before,
      settings: parsed.settings,
      guid: parsed.guid ?? before.guid,
      problem: newGuid ? null : before.problem,
      // A new account has been sent nothing, and earlier choices are history to it.
      ...(newGuid && parsed.newAccount && { account: before.account + 1, accountSince: now() }),
    };
  }

  const router = Router();
  router.post('/preview', jsonText, async (req, res) => {
    const { shop } = merchantOf(res);
    const sent = typeof req.body === 'string' ? parseBody(req.body) : { ok: true as const, body: req.body };
    const asked = readInput(previewContract, sent.ok ? sent.body : undefined);
    const stored = await settingsFor(shop, asked.settings);
    const { country } = await loadShopFacts(db, shop);
    const { topic, translated } = read(asked, country ?? null, now());
    res.json(await previewEvent({ sql: db, shop, stored, now: now() }, topic, translated));
  });
  return router;
}
