/**
 * A stand-in for a shop's theme: renders the sign-up block as Shopify would put it into a page.
 * LiquidJS isn't Shopify's Liquid. What the block uses and LiquidJS lacks is added here: the `form`
 * and `schema` tags and the `t` filter.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type Context,
  type Emitter,
  Liquid,
  type Parser,
  Tag,
  type TagToken,
  type Template,
  type TopLevelToken,
} from 'liquidjs';

const folder = path.join(import.meta.dirname, '../../extensions/newsletter');
const read = (name: string) => readFileSync(path.join(folder, name), 'utf8');

/** What Shopify's customer form says after a post. */
export type FormState = {
  posted?: boolean;
  /** By field, in Shopify's words. */
  errors?: Record<string, string>;
  email?: string;
};

export type BlockSettings = Partial<{
  heading: string;
  text: string;
  show_first_name: boolean;
  button: string;
  consent: string;
  interests: string;
  interests_label: string;
  prefix: string;
}>;

type Texts = { [key: string]: string | Texts };

function lookUp(texts: Texts, key: string): string {
  const found = key.split('.').reduce<string | Texts | undefined>((at, part) => {
    return typeof at === 'object' ? at[part] : undefined;
  }, texts);
  if (typeof found !== 'string') throw new Error(`There is no text ${key}`);
  return found;
}

export const storefrontTexts: Texts = JSON.parse(read('locales/en.default.json'));
const editorTexts: Texts = JSON.parse(read('locales/en.default.schema.json'));

type SchemaSetting = {
  id?: string;
  type: string;
  default?: string | boolean;
  label?: string;
  content?: string;
  info?: string;
};
type BlockSchema = {
  name: string;
  target: string;
  stylesheet: string;
  javascript: string;
  settings: SchemaSetting[];
};

/** The block's `{% schema %}`. */
export function readSchema(): BlockSchema {
  const json = /\{% schema %\}([\s\S]*)\{% endschema %\}/.exec(read('blocks/sign-up.liquid'))?.[1];
  if (!json) throw new Error('The block has no schema');
  return JSON.parse(json);
}

/** A text of the schema as the theme editor shows it. */
export const editorText = (text: string) => (text.startsWith('t:') ? lookUp(editorTexts, text.slice(2)) : text);

/** The settings of a newly added block. */
function defaultBlockSettings(): Record<string, string | boolean | null> {
  const entries = readSchema().settings.flatMap(({ id, default: value }) =>
    id ? [[id, typeof value === 'string' ? editorText(value) : (value ?? null)] as const] : [],
  );
  return Object.fromEntries(entries);
}

/** `{% form 'customer', id: …, class: '…' %}`, with what Shopify puts into it. */
function formTag(state: FormState) {
  return class extends Tag {
    private readonly id: string;
    private readonly className: string;
    private readonly templates: Template[] = [];

    constructor(token: TagToken, rest: TopLevelToken[], engine: Liquid, parser: Parser) {
      super(token, rest, engine);
      const [, kind, id = '', className = ''] =
        /^'(\w+)',\s*id:\s*(\w+),\s*class:\s*'([^']+)'$/.exec(token.args.trim()) ?? [];
      if (kind !== 'customer') throw new Error(`A form that the stand-in does not know: ${token.args}`);
      this.id = id;
      this.className = className;
      while (rest.length > 0) {
        const next = rest.shift();
        if (!next) break;
        if ('name' in next && next.name === 'endform') return;
        this.templates.push(parser.parseToken(next, rest));
      }
      throw new Error('{% form %} without {% endform %}');
    }

    *render(context: Context, emitter: Emitter): Generator<unknown, void, string> {
      const id = yield this.liquid.evalValue(this.id, context);
      emitter.write(
        `<form method="post" action="/contact#${id}" id="${id}" accept-charset="UTF-8" class="${this.className}">` +
          '<input type="hidden" name="form_type" value="customer"><input type="hidden" name="utf8" value="✓">',
      );
      const { posted = false, errors, email = null } = state;
      const said = errors ? { messages: errors, translated_fields: { email: 'email' } } : null;
      context.push({ form: { 'posted_successfully?': posted, email, errors: said } });
      yield this.liquid.renderer.renderTemplates(this.templates, context, emitter);
      context.pop();
      emitter.write('</form>');
    }
  };
}

/** `{% schema %}` shows nothing. */
class SchemaTag extends Tag {
  constructor(token: TagToken, rest: TopLevelToken[], engine: Liquid) {
    super(token, rest, engine);
    const end = rest.findIndex((next) => 'name' in next && next.name === 'endschema');
    if (end < 0) throw new Error('{% schema %} without {% endschema %}');
    rest.splice(0, end + 1);
  }
  render(): void {}
}

function liquid(state: FormState): Liquid {
  const engine = new Liquid({ ownPropertyOnly: true });
  engine.registerFilter('t', (key: string) => lookUp(storefrontTexts, key));
  engine.registerTag('form', formTag(state));
  engine.registerTag('schema', SchemaTag);
  return engine;
}

/** The block's markup. */
export async function renderBlock(settings: BlockSettings = {}, state: FormState = {}, id = 'A1b2'): Promise<string> {
  const block = {
    id,
    settings: { ...defaultBlockSettings(), ...settings },
    shopify_attributes: `data-shopify-editor-block="${id}"`,
  };
  return String(await liquid(state).parseAndRender(read('blocks/sign-up.liquid'), { block }));
}

/** An asset of the block; null if there is none with this name. */
export function readAsset(name: string): string | null {
  return existsSync(path.join(folder, 'assets', name)) ? read(`assets/${name}`) : null;
}

/**
 * A page of a plain theme with the block in it, perhaps several times. `theme`: its styles. Shopify gives every form of the page
 * the answer to the one that was sent (https://github.com/Shopify/dawn/issues/1917).
 */
export async function renderPage(
  settings: BlockSettings = {},
  state: FormState = {},
  { theme = '', blocks = ['A1b2'] }: { theme?: string; blocks?: readonly string[] } = {},
): Promise<string> {
  const schema = readSchema();
  const rendered = await Promise.all(blocks.map(async (id) => await renderBlock(settings, state, id)));
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>A shop</title><style>${theme}</style><link rel="stylesheet" href="/assets/${schema.stylesheet}">
<script src="/assets/${schema.javascript}" defer></script></head>
<body><main><h1>A shop</h1>${rendered.join('')}</main></body></html>`;
}
