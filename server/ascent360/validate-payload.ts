import { readText } from '../domain/wording/kept-text.ts';
import type { Text } from '../domain/wording/text.ts';
import { fitsContract } from './fits-contract.ts';
import { BETWEEN, type Payload, payloadSchema } from './payload-contract.ts';

/**
 * `key` is a documented key as in `payloadFields`, or the unknown one; `text` includes no value.
 */
type PayloadFault = { key: string; text: Text };
type Validated = { ok: true; payload: Payload } | { ok: false; faults: PayloadFault[] };

/** Only real key names: anything else in place of a key may be personal data. */
const KEY_NAME = /^[A-Za-z][A-Za-z0-9]{0,39}$/;

/**
 * Checks a payload against Ascent360's documented format before it is sent, because Ascent360
 * accepts any JSON. Faults give the key and the form it should have, never the value. Does not
 * throw.
 */
export function validatePayload(payload: unknown): Validated {
  if (fitsContract(payload)) return { ok: true, payload };
  const result = payloadSchema.safeParse(payload);
  if (result.success) return { ok: true, payload: result.data };
  const faults = result.error.issues.flatMap((issue): PayloadFault[] => {
    const key = keyOf(issue.path);
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((name) => {
        const unknown = `${key === '' ? '' : `${key}.`}${KEY_NAME.test(name) ? name : '(unreadable)'}`;
        return { key: unknown, text: { code: 'detail.format_unknown', params: { key: unknown } } };
      });
    }
    if (issue.code === 'custom' && issue.params === BETWEEN) return [{ key, text: readText(issue.message) }];
    return [{ key, text: key === '' ? { code: 'detail.not_an_object' } : { code: 'detail.format', params: { key } } }];
  });
  return { ok: false, faults };
}

/** `['Order', 'Items', 3, 'Sku']` → `Order.Items[].Sku`. */
function keyOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((key, part) => {
    if (typeof part === 'number') return `${key}[]`;
    return key === '' ? String(part) : `${key}.${String(part)}`;
  }, '');
}
