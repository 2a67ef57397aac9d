import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGuid } from '../../../server/domain/settings/parse-guid.ts';
import { inEnglish } from '../../../server/domain/wording/in-english.ts';

const guid = '3f2a91c4-7b0e-4d55-9a61-0c8de2f4b7a9';
const url = `https://webhook.ascent360.com/V1/Data/${guid}`;

describe('a pasted GUID', () => {
  it.each([
    ['as it is', guid],
    ['in upper case', guid.toUpperCase()],
    ['with spaces and a line break around it', ` \t${guid}\r\n`],
    ['with what chat apps add around it', `\ufeff\u200b${guid}\u200b`],
    ['in braces', `{${guid}}`],
    ['in braces in upper case, as Windows writes it', `{${guid.toUpperCase()}}`],
    ['in brackets', `(${guid})`],
    ['in square brackets', `[${guid}]`],
    ['in angle brackets', `<${guid}>`],
    ['in quotes', `"${guid}"`],
    ['in curly quotes', `“${guid}”`],
    ['in apostrophes', `'${guid}'`],
    ['in backticks', `\`${guid}\``],
    ['in quotes and braces with spaces between', ` "{ ${guid} }", `],
    ['with the full stop of a sentence', `${guid}.`],
    ['as a URN', `urn:uuid:${guid}`],
    ['as a URN in capitals', `URN:UUID:${guid.toUpperCase()}`],
    ['with its label', `GUID: ${guid}`],
    ['with its label and braces', `GUID = {${guid}}`],
    ['with the label of an email', `Your Ascent360 GUID: ${guid}.`],
    ['with a label in another language', `Votre GUID : « ${guid} »`],
    ['with a label and no colon', `Webhook GUID ${guid}`],
    ['with a label on a line of its own', `GUID\r\n${guid}`],
    ['with a label and a dash', `GUID – ${guid}`],
    ['with the hyphens of a word processor', guid.replace(/-/g, '\u2011')],
    ['with dashes instead of hyphens', guid.replace(/-/g, '–')],
    ['within its URL in angle brackets', `<${url}>`],
    ['within its URL in quotes', `"${url}"`],
    ['within its URL with the full stop of a sentence', `${url}.`],
    ['within its URL in braces, as Ascent360 writes it', url.replace(guid, `{${guid}}`)],
    ['broken into two lines by an email', guid.replace('-9', '-\r\n  9')],
    ['with what a chat app adds after each hyphen', guid.replaceAll('-', '-\u200b')],
    ['within its URL broken before the GUID', url.replace('Data/', 'Data/ \n')],
    ['within its URL broken into two lines, as a browser joins them', url.replace('-9', '- 9')],
    ['within its URL', url],
    ['within its URL behind the method, as Ascent360 writes it', `POST ${url}`],
    ['within its URL behind a label', `URL: ${url}`],
    ['within its URL behind a label, in quotes', `Webhook URL = "${url}"`],
    ['within its URL with spaces around it', `  ${url}\n`],
    ['within its URL in capitals', `HTTPS://Webhook.ASCENT360.com/v1/dAtA/${guid.toUpperCase()}`],
    ['within its URL with a slash at the end', `${url}/`],
    ['within its URL with the default port', url.replace('.com/', '.com:443/')],
  ])('is accepted %s, in lower case', (_how, pasted) => {
    expect(parseGuid(pasted)).toEqual({ ok: true, guid });
  });

  it.each([
    ['nothing', '', 'guid.missing'],
    ['only spaces', ' \n', 'guid.missing'],
    ['a word', 'ascent', 'guid.not_a_guid'],
    ['a GUID with a digit missing', guid.slice(0, -1), 'guid.not_a_guid'],
    ['a GUID with a digit too many', `${guid}0`, 'guid.not_a_guid'],
    ['a GUID without hyphens', guid.replaceAll('-', ''), 'guid.not_a_guid'],
    ['a GUID with a letter beyond f', guid.replace('f', 'g'), 'guid.not_a_guid'],
    ['two GUIDs', `${guid} ${guid}`, 'guid.not_a_guid'],
    ['a GUID with a space for each hyphen', guid.replaceAll('-', ' '), 'guid.not_a_guid'],
    ['its URL and a word', `${url} thanks`, 'guid.no_guid'],
    ['two GUIDs in braces', `{${guid}}{${guid}}`, 'guid.not_a_guid'],
    ['a GUID with braces inside', guid.replace('-', '{-}'), 'guid.not_a_guid'],
    ['empty braces', '{}', 'guid.missing'],
    ['the placeholder in the documentation', '{GUID}', 'guid.not_a_guid'],
    ['the URL in the documentation', url.replace(guid, '{GUID}'), 'guid.no_guid'],
    ['its URL with a query', `${url}?source=shopify`, 'guid.no_guid'],
    ['its URL with a fragment', `${url}#top`, 'guid.no_guid'],
    ['another URN', `urn:isbn:${guid}`, 'guid.other_host'],
    ['a URL without https://', url.slice(8), 'guid.not_a_guid'],
    ['a URL on another host', `https://example.com/V1/Data/${guid}`, 'guid.other_host'],
    ['a URL on another host behind the method', `POST https://example.com/V1/Data/${guid}`, 'guid.other_host'],
    [
      'a host that only starts the same',
      `https://webhook.ascent360.com.example.com/V1/Data/${guid}`,
      'guid.other_host',
    ],
    ['a host that only ends the same', `https://notascent360.com/V1/Data/${guid}`, 'guid.other_host'],
    ['our host as a user name', `https://webhook.ascent360.com@example.com/V1/Data/${guid}`, 'guid.other_host'],
    ['a user name before our host', `https://me:pw@webhook.ascent360.com/V1/Data/${guid}`, 'guid.with_port'],
    ['a user name alone', `https://me@webhook.ascent360.com/V1/Data/${guid}`, 'guid.with_port'],
    ['a password alone', `https://:pw@webhook.ascent360.com/V1/Data/${guid}`, 'guid.with_port'],
    ['another port', `https://webhook.ascent360.com:8443/V1/Data/${guid}`, 'guid.with_port'],
    ['a file', `file:///V1/Data/${guid}`, 'guid.other_host'],
    ['a script', `javascript:alert('${guid}')`, 'guid.other_host'],
    ['an unencrypted URL', url.replace('https', 'http'), 'guid.http'],
    ['an email trigger', `https://webhook.ascent360.com/V1/Email/${guid}`, 'guid.not_the_webhook'],
    ['a trigger on a sister host', `https://trigger.ascent360.com/V1/Data/${guid}`, 'guid.not_the_webhook'],
    ['a trigger on the host of the site', `https://ascent360.com/V1/Data/${guid}`, 'guid.not_the_webhook'],
    ['a URL that is none', 'https://', 'guid.not_a_guid'],
    ['a path that only starts the same', `https://webhook.ascent360.com/V1/Database/${guid}`, 'guid.not_the_webhook'],
    ['the data URL without a GUID', 'https://webhook.ascent360.com/V1/Data/', 'guid.no_guid'],
    ['the data URL with more after the GUID', `${url}/x`, 'guid.no_guid'],
  ])('is refused with a reason: %s', (_what, pasted, code) => {
    const parsed = parseGuid(pasted);
    expect(parsed).toEqual({ ok: false, text: { code } });
    expect(JSON.stringify(parsed)).not.toContain(guid.slice(0, 8));
  });

  it.each([')', '.', '(', '"', '-', ' ', '/'])(
    'with 100 kB of %j is refused in a moment: meanwhile no shop’s webhook is answered',
    (character) => {
      const began = performance.now();
      for (const end of ['x', `${guid}x`]) expect(parseGuid(character.repeat(100_000) + end).ok).toBe(false);
      expect(performance.now() - began).toBeLessThan(2000);
    },
    20_000,
  );

  it('of any shape is answered, and a message never repeats it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', minLength: 12 }), fc.webUrl()), (pasted) => {
        const parsed = parseGuid(pasted);
        expect(parsed.ok).toBe(false);
        if (!parsed.ok && pasted.trim().length >= 12) expect(inEnglish(parsed.text)).not.toContain(pasted.trim());
      }),
    );
  });
});
