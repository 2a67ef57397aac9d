import type { ShopifyId } from '../domain/scalars.ts';
import { parseBody } from './parse-body.ts';
import { flowRunSchema } from './payloads.ts';
import { isShopDomain } from './shop-domain.ts';

/** A run of a Flow action. `runId` stays the same however often Flow sends the run. */
type FlowRun = { shop: string; runId: string; handle: string; customerId: ShopifyId };

type FlowRunRead = { ok: true; run: FlowRun } | { ok: false; faults: string[] };

const RUN_ID_MAX_LENGTH = 200;

/**
 * Reads a run as Flow posts it (https://shopify.dev/docs/apps/build/flow/actions/endpoints), or
 * gives one sentence per fault. The shop is read from the body, which is signed.
 */
export function readFlowRun(raw: Uint8Array): FlowRunRead {
  const parsed = parseBody(raw);
  if (!parsed.ok) return { ok: false, faults: [`The body is ${parsed.why.replaceAll('_', ' ')}`] };
  const { shopify_domain, action_run_id, handle, properties } = flowRunSchema.parse(parsed.body);
  const shop = shopify_domain?.toLowerCase() ?? '';
  const runId = action_run_id ?? '';
  const customerId = properties?.customer_id;
  const faults: string[] = [];
  if (!isShopDomain(shop)) faults.push('shopify_domain is not name.myshopify.com');
  if (runId === '' || runId.length > RUN_ID_MAX_LENGTH) faults.push('action_run_id is missing or too long');
  if (customerId === undefined) faults.push('properties.customer_id names no customer');
  if (faults.length > 0 || customerId === undefined) return { ok: false, faults };
  return { ok: true, run: { shop, runId, handle: handle ?? '', customerId } };
}
