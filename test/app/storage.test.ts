import { expect, it } from 'vitest';
import { readSources } from './texts/sources.ts';

it('the pages keep nothing in the browser: embedded in the admin, cookies and storage may be blocked', () => {
  const storage = /\b(localStorage|sessionStorage|indexedDB|caches|cookieStore)\b|\bdocument\.cookie\b/;
  const sources = readSources('app/**/*.{ts,tsx}');
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.filter(({ code }) => storage.test(code)).map(({ file }) => file)).toEqual([]);
});
