import { isObject } from '../shopify/parse-body.ts';

/**
 * The shape of an answer, from Shopify's schema. `maybe`: only present if asked for; `on`: more
 * fields, by `__typename`.
 */
export type Shape = { orNull?: true; maybe?: true } & (
  | { is: 'text' | 'number' | 'boolean' | 'any' }
  | { is: 'list'; of: Shape }
  | { is: 'object'; fields: Fields; on?: Record<string, Fields> }
);
export type Fields = { [name: string]: Shape };

function hasFields(value: Readonly<Record<string, unknown>>, fields: Fields): boolean {
  return Object.entries(fields).every(([name, shape]) => {
    if (!Object.hasOwn(value, name)) return shape.maybe === true;
    return fits(value[name], shape);
  });
}

function fits(value: unknown, shape: Shape): boolean {
  if (value === null || value === undefined) return value === null && shape.orNull === true;
  switch (shape.is) {
    case 'any':
      return true;
    case 'text':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number';
    case 'boolean':
      return typeof value === 'boolean';
    case 'list':
      return Array.isArray(value) && value.every((one: unknown) => fits(one, shape.of));
    case 'object': {
      if (!isObject(value) || !hasFields(value, shape.fields)) return false;
      if (shape.on === undefined) return true;
      const type = value['__typename'];
      if (typeof type !== 'string') return false;
      return hasFields(value, shape.on[type] ?? {});
    }
  }
}

/** Whether an answer has what the document asked for. If not, ignore all of it. */
export const isAnswerTo = <Data>(data: unknown, fields: Fields): data is Data =>
  isObject(data) && hasFields(data, fields);
