import { expect, it } from 'vitest';
import { readSources } from './texts/sources.ts';

it('nothing is kept in the browser, where an embedded page may have no cookies and no storage', () => {
  const storage = /\b(localStorage|sessionStorage|indexedDB|caches|cookieStore)\b|\bdocument\.cookie\b/;
  const sources = readSources('app/**/*.{ts,tsx}');
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.filter(({ code }) => storage.test(code)).map(({ file }) => file)).toEqual([]);
});
