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

/**
 * What to read of a shop in bulk. `query`: a search, null: everything; `metafieldKeys` of
 * customers, as `namespace.key`.
 */
export type BulkAsked = { kind: 'customers' | 'orders'; query: string | null; metafieldKeys: readonly string[] };

/** How many records to try first: few enough to cost far less than a query's limit. */
const FIRST_CUSTOMERS = 50;
const FIRST_ORDERS = 20;

/**
 * The bulk operation's query text, and whether each parent's line is followed by its children's.
 * @param leftOut fields it must not name because the app may not see them: if it names one, Shopify
 *   creates no file
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

/**
 * `denied`: what the app may not see; `unproven`: fields without a value in the first few records,
 * so we can't tell.
 */
type Sight = { denied: string[]; unproven: string[] };

/**
 * Tries the first few records. A bulk operation says only that something was denied; the same
 * ordinary query leaves out the denied fields and names them
 * (https://shopify.dev/docs/api/admin-graphql/latest/enums/BulkOperationErrorCode). A denied field
 * that may not be null empties the whole answer, so we ask again without it.
 * @returns null: the app may not see these records at all
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
 * The fields a bulk read must leave out because the app may not see them.
 * @param before the fields already left out
 * @returns null: the app may not see these records at all
 * @throws AdminError
 */
export async function fieldsToLeaveOut(
  asking: Asking,
  asked: BulkAsked,
  before: readonly string[],
): Promise<string[] | null> {
  const sight = await lookAtSight(asking, asked);
  return sight && union(before, sight.denied);
}

/**
 * Used when a bulk read was denied something that the first few records didn't show: leaves out
 * every field that may be the cause, and tells the merchant. These fields are then unknown for
 * everyone, so nothing is sent or removed because of them.
 * @returns null: nothing more can be left out
 * @throws AdminError
 */
export async function moreToLeaveOut(
  asking: Asking,
  asked: BulkAsked,
  before: readonly string[],
): Promise<string[] | null> {
  const sight = await lookAtSight(asking, asked);
  const all = union(before, sight?.denied ?? [], sight?.unproven ?? []);
  if (all.length === before.length) return null;
  await asking.admin.noteLeftOut(asking.shop, probeOf(asked).name, all);
  return all;
}
