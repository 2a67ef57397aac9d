/**
 * Reads an XML record strictly: well-formed, root `Data`, elements only, and nothing repeated that
 * isn't a list. Returns the JSON of the same record, so that one check does for both. Which key
 * holds what is written out here by hand, as in ascent360.ts.
 */
import { SaxesParser } from 'saxes';

type Element = { name: string; children: Element[]; text: string };
type Shape = 'text' | 'boolean' | 'number' | { list: boolean; keys: Readonly<Record<string, Shape>> };

const object = (keys: Readonly<Record<string, Shape>>, list = false): Shape => ({ list, keys });
const texts: Shape = { list: true, keys: {} };
const ORDER = object({ Test: 'boolean', DiscountCodes: texts, Items: object({ Quantity: 'number' }, true) });
const DATA = object({
  EmailPermission: 'boolean',
  PhonePermission: 'boolean',
  SMSPermission: 'boolean',
  AddressPermission: 'boolean',
  Address: object({}),
  Activities: texts,
  Interests: texts,
  NewsLetters: texts,
  ProviderType: 'number',
  ListIds: texts,
  Order: ORDER,
});

/** @throws Error naming the first thing that a strict reader would refuse */
export function readXml(xml: string): Record<string, unknown> {
  const root = parse(xml);
  if (root.name !== 'Data') throw new Error(`the root is ${root.name}, not Data`);
  return keysOf(root, DATA);
}

function parse(xml: string): Element {
  const parser = new SaxesParser({ xmlns: false });
  const root: Element = { name: '', children: [], text: '' };
  const open: Element[] = [root];
  const top = () => open.at(-1) ?? root;
  parser.on('error', (error) => {
    throw error;
  });
  for (const event of ['comment', 'cdata', 'doctype', 'processinginstruction'] as const) {
    parser.on(event, () => {
      throw new Error(`a record has no ${event}`);
    });
  }
  parser.on('opentag', ({ name, attributes }) => {
    if (Object.keys(attributes).length > 0) throw new Error(`${name} has attributes`);
    const element: Element = { name, children: [], text: '' };
    top().children.push(element);
    open.push(element);
  });
  parser.on('text', (text) => {
    top().text += text;
  });
  parser.on('closetag', () => {
    const { name, children, text } = open.pop() ?? root;
    if (children.length > 0 && text !== '') throw new Error(`${name} has text between its elements`);
  });
  parser.write(xml).close();
  const [data] = root.children;
  if (data === undefined) throw new Error('there is no element');
  return data;
}

function keysOf(element: Element, shape: Shape): Record<string, unknown> {
  const known = typeof shape === 'object' ? shape.keys : {};
  const found: Record<string, unknown> = {};
  for (const child of element.children) {
    const kind = Object.hasOwn(known, child.name) ? (known[child.name] ?? 'text') : 'text';
    const value = readValue(child, kind);
    const before = found[child.name];
    if (typeof kind === 'object' && kind.list) found[child.name] = [...(Array.isArray(before) ? before : []), value];
    else if (before !== undefined) throw new Error(`${child.name} is repeated`);
    else found[child.name] = value;
  }
  return found;
}

function readValue(element: Element, shape: Shape): unknown {
  const { name, children, text } = element;
  if (typeof shape === 'object' && shape !== texts) return keysOf(element, shape);
  if (children.length > 0) throw new Error(`${name} has elements where a value should be`);
  if (shape === 'boolean') {
    if (text !== 'true' && text !== 'false') throw new Error(`${name} is not true or false`);
    return text === 'true';
  }
  if (shape === 'number') {
    if (!/^\d+$/.test(text)) throw new Error(`${name} is not a whole number`);
    return Number(text);
  }
  return text;
}
