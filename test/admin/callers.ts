// One of the processes in two-processes.test.ts: on command, it asks for a shop's token and facts
// 25 times at once.
import { openAdmin } from '../../server/admin/open-admin.ts';
import { readConfig } from '../../server/platform/config.ts';
import { openDb } from '../../server/platform/database/open-db.ts';
import { loadKeys } from '../../server/platform/keys.ts';
import { createLog } from '../../server/platform/log.ts';
import { createShops } from '../../server/store/shops/shops.ts';

const config = readConfig(process.env);
const db = await openDb(config);
const shop = await createShops(db, await loadKeys(config)).ensure(process.argv[2] ?? '');
const { access, close } = openAdmin({ config, db, log: createLog('silent'), now: Date.now, random: Math.random });

process.once('message', async () => {
  const tokens = await Promise.all(Array.from({ length: 25 }, () => access.token(shop)));
  process.send?.(tokens.map(({ version }) => version));
  close();
  await db.close();
  process.disconnect();
});
process.send?.('ready');
