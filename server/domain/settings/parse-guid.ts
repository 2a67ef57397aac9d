import { withoutInvisible } from '../visible-text.ts';
import type { en } from '../wording/en.ts';
import type { Text } from '../wording/text.ts';

type ParsedGuid = { ok: true; guid: string } | { ok: false; text: Text };

const HOST = 'webhook.ascent360.com';
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const wholeGuid = new RegExp(`^${UUID}$`);
/** Also in braces: Ascent360 writes its address as `/V1/Data/{GUID}`. */
const dataPath = new RegExp(`^/v1/data/(?:%7b)?(${UUID})(?:%7d)?/?$`, 'i');
/** No address is longer. Unwrapping takes quadratic time: a megabyte would block the process for hours. */
const LONGEST = 2000;
/** Characters around a GUID or an address in code, emails and sentences. */
const WRAPPING = /^[{([<'"`´‘’‚‛“”„«»‹›]+|[})\]>'"`´‘’‚‛“”„«»‹›.,;]+$/gu;
/** What may precede a GUID: words that end in its name, as in an email, or the namespace of RFC 9562. */
const LABEL = /^(?:[\p{L}\p{N}]*[gu]uid|urn:uuid)\W*(?=[0-9a-f]{8}\W)/iu;
/** What may precede an address: the method, as on Ascent360's help page, or a label. */
const BEFORE_ADDRESS = /^(?:post|(?:webhook)?url[:=])\W*(?=https?:)/i;
/** Characters that word processors turn a hyphen into. */
const HYPHENS = /[\u2010-\u2015\u2212\uFE63\uFF0D]/g;

const refused = (code: keyof typeof en.guid): ParsedGuid => ({ ok: false, text: { code: `guid.${code}` } });

function parseAddress(url: URL): ParsedGuid {
  const ascent360 = url.hostname === 'ascent360.com' || url.hostname.endsWith('.ascent360.com');
  if (url.protocol === 'http:' && url.hostname === HOST) {
    return refused('http');
  }
  if (url.protocol !== 'https:' || !ascent360) {
    return refused('other_host');
  }
  if (url.hostname !== HOST || !/^\/v1\/data(\/|$)/i.test(url.pathname)) {
    return refused('not_the_webhook');
  }
  if (url.port !== '' || url.username !== '' || url.password !== '') {
    return refused('with_port');
  }
  const guid = dataPath.exec(url.pathname)?.[1];
  if (guid === undefined || url.search !== '' || url.hash !== '') return refused('no_guid');
  return { ok: true, guid: guid.toLowerCase() };
}

/**
 * Reads the GUID of Ascent360's data webhook from what a merchant pasted: the GUID itself (any
 * case, in braces or quotes), or the whole address `https://webhook.ascent360.com/V1/Data/{GUID}`,
 * with spaces and line breaks around it or, where an email broke it, inside. Returns the GUID in
 * lower case. It is a credential, so no message repeats any of the pasted text.
 */
export function parseGuid(text: string): ParsedGuid {
  const visible = withoutInvisible(text);
  if (visible.length > LONGEST) return refused('not_a_guid');
  const unwrapped = visible.replace(WRAPPING, '');
  const pasted = unwrapped.replace(LABEL, '').replace(BEFORE_ADDRESS, '').replace(WRAPPING, '');
  if (pasted === '') return refused('missing');
  const guid = pasted.replace(HYPHENS, '-').toLowerCase();
  if (wholeGuid.test(guid)) return { ok: true, guid };
  if (URL.canParse(pasted)) return parseAddress(new URL(pasted));
  return refused('not_a_guid');
}
