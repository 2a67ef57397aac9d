import { type AdminDocument, AdminError, type Asking } from './admin.ts';
import { fieldOf, seenIn } from './denied-fields.ts';
import {
  BulkCustomers,
  BulkCustomersWithMetafields,
  BulkOrders,
  ProbeCustomers,
  ProbeOrders,
} from './documents.generated.ts';
import { inlineVariables } from './inline-variables.ts';
import { fieldsAskedFor, withoutFields } from './without-fields.ts';

/** What is to be read of a shop at once. `query`: a search, null: all; `metafieldKeys` of customers, as `namespace.key`. */
export type BulkAsked = { kind: 'customers' | 'orders'; query: string | null; metafieldKeys: readonly string[] };

/** How many are looked at before, so that it costs far less than one query may. */
const FIRST_CUSTOMERS = 50;
const FIRST_ORDERS = 20;

/**
 * What a bulk operation takes: its text, and whether a parent's line is followed by its children's.
 * @param leftOut fields that it must not name, as the app may not see them: one of them, and Shopify makes no file
 */
export function bulkQuery(
  { kind, query, metafieldKeys }: BulkAsked,
  leftOut: readonly string[],
): { text: string; grouped: boolean } {
  const withMetafields = kind === 'customers' && metafieldKeys.length > 0;
  const document = kind === 'orders' ? BulkOrders : BulkCustomers;
  const text = withMetafields
    ? inlineVariables(BulkCustomersWithMetafields, { query, metafieldKeys: [...metafieldKeys] })
    : inlineVariables(document, { query });
  return { text: withoutFields(text, leftOut), grouped: kind === 'orders' || withMetafields };
}

function probeOf({ kind, query, metafieldKeys }: BulkAsked): AdminDocument<unknown, Record<string, never>> {
  if (kind === 'orders') {
    return { name: ProbeOrders.name, text: inlineVariables(ProbeOrders, { query, first: FIRST_ORDERS }), answer: {} };
  }
  const withMetafields = metafieldKeys.length > 0;
  const variables = { query, first: FIRST_CUSTOMERS, withMetafields, metafieldKeys: [...metafieldKeys] };
  const text = inlineVariables(ProbeCustomers, variables);
  return { name: ProbeCustomers.name, text: withMetafields ? text : withoutFields(text, ['metafields']), answer: {} };
}

/** `denied`: what the app may not see; `unproven`: of what none of the first few has a value, so that nobody can tell. */
type Sight = { denied: string[]; unproven: string[] };

/**
 * Looks at the first few. A bulk operation says only that it was denied something; an ordinary query of the same leaves out what is
 * denied and names it (https://shopify.dev/docs/api/admin-graphql/latest/enums/BulkOperationErrorCode). A denied field that may not be
 * null takes the whole answer with it, so that it is asked again without.
 * @returns null: the app may not see these at all
 */
async function lookAtSight({ admin, shop, signal }: Asking, asked: BulkAsked): Promise<Sight | null> {
  const probe = probeOf(asked);
  const denied = new Set<string>();
  for (;;) {
    const before = denied.size;
    const text = withoutFields(probe.text, [...denied]);
    try {
      const answer = await admin.run(shop, { ...probe, text }, {}, signal);
      for (const path of answer.denied) denied.add(fieldOf(path));
      const seen = seenIn(answer.data);
      const asked = fieldsAskedFor(withoutFields(text, [...denied]));
      return { denied: [...denied], unproven: asked.filter((field) => field !== 'id' && !seen.has(field)) };
    } catch (error) {
      if (!(error instanceof AdminError) || error.denied.length === 0) throw error;
      for (const path of error.denied) denied.add(fieldOf(path));
      if (denied.has(asked.kind) || denied.has('id')) return null;
      if (denied.size === before) throw error;
    }
  }
}

const union = (...lists: readonly (readonly string[])[]) => [...new Set(lists.flat())].sort();

/**
 * The fields that a bulk read is to leave out, as the app may not see them.
 * @param before what was left out already
 * @returns null: the app may not see these at all
 * @throws AdminError
 */
export async function fieldsToLeaveOut(
  at: Asking,
  asked: BulkAsked,
  before: readonly string[],
): Promise<string[] | null> {
  const sight = await lookAtSight(at, asked);
  return sight && union(before, sight.denied);
}

/**
 * The same once a bulk read was denied something all the same, which the first few did not show: all that may be it is left out, and
 * the merchant is told. It is not known of anybody then, so that nothing is sent or taken away on account of it.
 * @returns null: nothing more can be left out
 * @throws AdminError
 */
export async function moreToLeaveOut(
  at: Asking,
  asked: BulkAsked,
  before: readonly string[],
): Promise<string[] | null> {
  const sight = await lookAtSight(at, asked);
  const all = union(before, sight?.denied ?? [], sight?.unproven ?? []);
  if (all.length === before.length) return null;
  await at.admin.noteLeftOut(at.shop, probeOf(asked).name, all);
  return all;
}
