// npm run demo: the app between a stand-in for Shopify and one for Ascent360, with a table of what
// it sent and why.
import { readOptions } from '../../server/options.ts';

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 22) {
  process.stderr.write(`Node ${process.versions.node} is too old: start with "npm run demo", which brings Node 24.\n`);
  process.exit(1);
}

const print = (text: string) => void process.stdout.write(`${text}\n`);
/**
 * `dev`, npm run dev: a shop with a month of history and the pages from their sources, reloaded after each
 * change, at a fixed address.
 */
const { once, dev } = readOptions('npm run demo', {
  options: { once: { type: 'boolean', default: false }, dev: { type: 'boolean', default: false } },
}).values;
// Said first: loading the app takes a second or two.
print(
  `Starting the app${dev ? ', in a shop with a month of history,' : ''} between stand-ins for Shopify and Ascent360 …`,
);

const { startWorld, SHOP, DEMO } = await import('./world.ts');
const { builtStandIn, buildPages, viteStandIn } = await import('../fakes/stand-in-front.ts');
const { run } = await import('./run.ts');
const { renderHead, renderRow, renderVerdict } = await import('./table.ts');
const { isAtRest } = await import('./play.ts');

const DEV_PORT = Number(process.env['PORT'] ?? 3000);

async function play(): Promise<void> {
  const { verdict } = await run(world, {
    chapter: ({ title }) => print(renderHead(title)),
    row: (played) => print(`${renderRow(played)}\n`),
  });
  print(renderVerdict(verdict));
  failed = verdict.faults.length > 0;
}

const app = { ...DEMO, shop: SHOP };
if (!once && !dev) await buildPages(() => print('Building the merchant’s pages, as their sources are newer …'));
let tenths = 0;
const sayProgress = (share: number) => {
  if (Math.floor(share * 10) <= tenths) return;
  tenths = Math.floor(share * 10);
  print(`History: ${tenths * 10} %`);
};
const world = await (once
  ? startWorld()
  : dev
    ? startWorld({ front: await viteStandIn(app), port: DEV_PORT, history: sayProgress })
    : startWorld({ front: await builtStandIn(app) })
).catch((error: unknown) => {
  print(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
print(
  `The app is at ${world.url}, a stand-in for Ascent360 at ${world.ascent360.url}; everything stays on this machine.`,
);
let failed = !dev;
try {
  if (!dev) await play();
} catch (error) {
  print(`The demo failed: ${error instanceof Error ? error.message : String(error)}`);
}
if (once) {
  await world.close();
  process.exit(failed ? 1 : 0);
}

let closing = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (closing) process.exit(1);
    closing = true;
    world.close().then(
      () => process.exit(failed ? 1 : 0),
      () => process.exit(1),
    );
  });
}

print(`The merchant's pages are at ${world.url}/?shop=${SHOP} (Ctrl-C ends it).`);
if (world.complete) {
  print('They fill while the history is being written; the app works once it is complete.');
  await world.complete.catch((error: unknown) => {
    if (!closing) throw error;
  });
}
print(`Send a webhook of your own:

  body='{"id":1001,"updated_at":"${new Date().toISOString()}","first_name":"Kim","email":"kim@example.com"}'
  curl -i ${world.url}/webhooks -H 'Content-Type: application/json' \\
    -H 'X-Shopify-Topic: customers/update' -H 'X-Shopify-Shop-Domain: ${SHOP}' \\
    -H "X-Shopify-Webhook-Id: $(date +%s)" \\
    -H "X-Shopify-Hmac-Sha256: $(printf '%s' "$body" | openssl dgst -sha256 -hmac ${DEMO.secret} -binary | base64)" \\
    -d "$body"

and its row appears here.
`);

const merchant = world.merchant(SHOP);
const shown = new Set((await merchant.newest()).map(({ id }) => id));
while (!closing) {
  await new Promise((resolve) => setTimeout(resolve, 500));
  const items = closing ? [] : await merchant.newest();
  for (const item of items.toReversed()) {
    if (shown.has(item.id) || !isAtRest(item)) continue;
    shown.add(item.id);
    const detail = await merchant.detail(item.id);
    print(`${renderRow({ ...item, shop: SHOP, title: null, detail, choice: null })}\n`);
  }
}
