import { fitsContract } from './fits-contract.ts';
import { BETWEEN, type Payload, payloadFields, payloadSchema } from './payload-contract.ts';

/** `key` is a documented key as `payloadFields` writes it, or the unknown one; `message` is a sentence without any value. */
export type PayloadFault = { key: string; message: string };
export type Validated = { ok: true; payload: Payload } | { ok: false; faults: PayloadFault[] };

const forms = new Map(payloadFields().map((field) => [field.key, field.form]));
/** Only real key names: anything else in a key's place may be personal data. */
const KEY_NAME = /^[A-Za-z][A-Za-z0-9]{0,39}$/;

/**
 * Checks a payload against Ascent360's documented format before it leaves, because Ascent360 itself accepts any JSON.
 * Faults name the key and the form it should have, never the value. Does not throw.
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
        return { key: unknown, message: `${unknown} is not a key that Ascent360 documents` };
      });
    }
    if (issue.code === 'custom' && issue.params === BETWEEN) return [{ key, message: issue.message }];
    const form = forms.get(key) ?? forms.get(key.replace(/\[\]$/, ''));
    if (form === undefined)
      return [{ key, message: `${key === '' ? 'The payload' : key} is not in the documented form` }];
    return [{ key, message: `${key} is missing or not in the documented form: ${form}` }];
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
