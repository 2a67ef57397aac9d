import type { Access } from './admin/access.ts';
import type { Admin } from './admin/admin.ts';
import type { Ascent360Client } from './ascent360/client.ts';
import type { Instant } from './domain/scalars.ts';
import type { Traces } from './pipeline/traces.ts';
import type { Config } from './platform/config.ts';
import type { Db } from './platform/database/db.ts';
import type { Log } from './platform/log.ts';
import type { Queue } from './platform/queue/queue.ts';
import type { Shops } from './store/shops/shops.ts';

/** What a start has opened: the URLs of app.ts and the jobs of worker.ts are made of it. */
export type Opened = {
  config: Config;
  db: Db;
  shops: Shops;
  ascent360: Ascent360Client;
  admin: Admin;
  access: Access;
  queue: Queue;
  log: Log;
  traces?: Traces | undefined;
  now: () => Instant;
};
