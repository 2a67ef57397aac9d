import type { en } from '../wording/en.ts';
import type { Text } from '../wording/text.ts';

export type ParsedGuid = { ok: true; guid: string } | { ok: false; text: Text };

const HOST = 'webhook.ascent360.com';
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const wholeGuid = new RegExp(`^${UUID}$`, 'i');
const dataPath = new RegExp(`^/v1/data/(${UUID})/?$`, 'i');
/** What copying from a mail or a chat leaves around a text besides spaces. */
const invisibleEdges = /^[\s\u200b\u2060\ufeff]+|[\s\u200b\u2060\ufeff]+$/gu;

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
  if (guid === undefined) return refused('no_guid');
  return { ok: true, guid: guid.toLowerCase() };
}

/**
 * Reads the GUID of Ascent360's data webhook from what a merchant pasted: the GUID itself (any case, spaces around it),
 * or the whole address `https://webhook.ascent360.com/V1/Data/{GUID}`. The GUID comes back in lower case.
 * The GUID is a credential, so no message repeats any of what was pasted.
 */
export function parseGuid(text: string): ParsedGuid {
  const pasted = text.replace(invisibleEdges, '');
  if (pasted === '') return refused('missing');
  if (wholeGuid.test(pasted)) return { ok: true, guid: pasted.toLowerCase() };
  if (/^[a-z][a-z0-9+.-]*:/i.test(pasted) && URL.canParse(pasted)) return parseAddress(new URL(pasted));
  return refused('not_a_guid');
}
