import type { Admin } from '../../../server/admin/admin.ts';
import { reconciliationChore } from '../../../server/features/reconciliation/chore.ts';
import type { Db } from '../../../server/platform/database/db.ts';
import { createLog } from '../../../server/platform/log.ts';
import type { ReadScene } from '../../pipeline/read/scene.ts';

type Given = {
  run?: Admin['run'];
  download?: Admin['download'];
  db?: Db;
  now?: () => number;
};

const nothing = (what: string) => () => {
  throw new Error(`Nothing is ${what}`);
};

/**
 * The comparisons of a scene's shop, slice by slice, with what Shopify answers.
 * @returns does a slice; true: there is more to do
 */
export function slicesOf({ base }: ReadScene, given: Given): () => Promise<boolean> {
  const { shop } = base;
  const admin = {
    hasAccess: async () => true,
    run: given.run ?? nothing('asked'),
    noteLeftOut: async () => {},
    download: given.download ?? nothing('downloaded'),
  };
  const chore = reconciliationChore({
    db: given.db ?? base.db,
    admin,
    now: given.now ?? (() => base.now),
    wake: () => {},
    log: createLog('silent'),
    lookAgainMs: 1000,
  });
  return async () => await chore.work(shop, new AbortController().signal);
}
