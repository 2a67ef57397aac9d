/**
 * Stand-ins for what the Shopify admin gives a UI extension: its texts, and access to the app's own
 * API.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { render } from 'preact';

type Texts = { [key: string]: string | Texts };

export const extensionFolder = (name: string) => path.join(import.meta.dirname, '../../extensions', name);

const isText = (found: string | Texts | undefined): found is string => typeof found === 'string';

/**
 * `shopify.i18n.translate` with the extension's own English texts. @throws Error for a key they
 * lack
 */
function translator(name: string): (key: string, values?: Record<string, unknown>) => string {
  const texts: Texts = JSON.parse(readFileSync(path.join(extensionFolder(name), 'locales/en.default.json'), 'utf8'));
  return (key, values = {}) => {
    let found = key
      .split('.')
      .reduce<string | Texts | undefined>((at, part) => (isText(at) ? undefined : at?.[part]), texts);
    if (found !== undefined && !isText(found)) found = found[values['count'] === 1 ? 'one' : 'other'];
    if (!isText(found)) throw new Error(`${name} has no text ${key}`);
    return found.replace(/\{\{(\w+)\}\}/g, (_, word: string) => {
      if (!(word in values)) throw new Error(`${key} is not given ${word}`);
      return String(values[word]);
    });
  };
}

/** Gives an extension its own texts, and dates as days, where the tester would show the keys. */
export function speak(i18n: object, name: string): void {
  Object.assign(i18n, {
    translate: translator(name),
    formatDate: (date: Date) => date.toISOString().slice(0, 10),
    formatNumber: (number: number) => String(number),
  });
}

/**
 * Ends what `setUpExtension` began. The tester empties the page itself, without Preact noticing.
 */
export function close(extension: { [Symbol.dispose](): void }): void {
  render(null, document.body);
  extension[Symbol.dispose]();
}

/** `silence`: the call never ends. */
export type Answer = { status?: number; body?: unknown } | 'no answer' | 'silence';
type Call = { method: string; path: string; body: unknown };

/**
 * A `fetch` that answers by `METHOD path`. Several answers for one path come one after another, and
 * the last one again and again. Calls go into `calls`.
 */
export function answering(answers: Record<string, Answer | Answer[]>): { fetch: typeof fetch; calls: Call[] } {
  const calls: Call[] = [];
  const left = new Map(
    Object.entries(answers).map(([key, given]) => [key, Array.isArray(given) ? [...given] : [given]]),
  );
  return {
    calls,
    fetch: async (input, init) => {
      const method = init?.method ?? 'GET';
      calls.push({ method, path: String(input), body: init?.body ? JSON.parse(String(init.body)) : null });
      const queue = left.get(`${method} ${String(input)}`);
      const answer = queue && queue.length > 1 ? queue.shift() : queue?.[0];
      if (answer === undefined) throw new Error(`Not expected: ${method} ${String(input)}`);
      if (answer === 'silence') return await new Promise(() => {});
      if (answer === 'no answer') throw new TypeError('Failed to fetch');
      return new Response(JSON.stringify(answer.body ?? {}), { status: answer.status ?? 200 });
    },
  };
}
