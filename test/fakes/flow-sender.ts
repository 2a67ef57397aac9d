import { randomUUID } from 'node:crypto';
import { signBody } from './shopify-sender.ts';

/** A run as Shopify Flow posts it, with the fields of `over` replaced. */
export function flowRun(shop: string, customerId: number | string, over: object = {}, properties: object = {}) {
  return {
    shop_id: 690933842,
    shopify_domain: shop,
    action_run_id: randomUUID(),
    action_definition_id: 'b7ad0ec4-54c3-4ec4-8ee5-8e3d0c5e2d16',
    handle: 'send-to-ascent360',
    step_reference: '01920f3d-0e7e-7d4b-9a37-1cbbb5a7a1f5',
    properties: { customer_id: customerId, ...properties },
    ...over,
  };
}

/**
 * Signs the bytes with the app's secret, as Flow does, and posts them. `hmac`: instead of the right
 * signature.
 */
export async function postRun(
  url: string,
  body: object | string,
  signing: { secret: string; hmac?: string | null; headers?: Record<string, string> },
): Promise<{ status: number; retryAfter: string | null; text: string }> {
  const bytes = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = new Headers({ 'content-type': 'application/json', ...signing.headers });
  const hmac = signing.hmac === undefined ? signBody(bytes, signing.secret) : signing.hmac;
  if (hmac !== null) headers.set('x-shopify-hmac-sha256', hmac);
  const response = await fetch(`${url}/flow/send`, { method: 'POST', headers, body: bytes });
  return { status: response.status, retryAfter: response.headers.get('retry-after'), text: await response.text() };
}
