export type ParsedGuid = { ok: true; guid: string } | { ok: false; message: string };

const HOST = 'webhook.ascent360.com';
const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const wholeGuid = new RegExp(`^${UUID}$`, 'i');
const dataPath = new RegExp(`^/v1/data/(${UUID})/?$`, 'i');
/** What copying from a mail or a chat leaves around a text besides spaces. */
const invisibleEdges = /^[\s\u200b\u2060\ufeff]+|[\s\u200b\u2060\ufeff]+$/gu;

const refused = (message: string): ParsedGuid => ({ ok: false, message });

function parseAddress(url: URL): ParsedGuid {
  const ascent360 = url.hostname === 'ascent360.com' || url.hostname.endsWith('.ascent360.com');
  if (url.protocol === 'http:' && url.hostname === HOST) {
    return refused(
      'This address begins with http:, which is not encrypted. Paste the https: address, or only the GUID.',
    );
  }
  if (url.protocol !== 'https:' || !ascent360) {
    return refused(`We only send to ${HOST}. Paste the GUID that Ascent360 gave you, not another address.`);
  }
  if (url.hostname !== HOST || !/^\/v1\/data(\/|$)/i.test(url.pathname)) {
    return refused(
      'This is not the address of the data webhook. If it is an e-mail trigger, do not open it: opening it mails a whole ' +
        'audience. Ask Ascent360 for the GUID of your data webhook.',
    );
  }
  if (url.port !== '' || url.username !== '' || url.password !== '') {
    return refused(`We only send to ${HOST}, without a port or a password. Paste only the GUID.`);
  }
  const guid = dataPath.exec(url.pathname)?.[1];
  if (guid === undefined)
    return refused('This address does not end in a GUID. Paste the whole address, or only the GUID.');
  return { ok: true, guid: guid.toLowerCase() };
}

/**
 * Reads the GUID of Ascent360's data webhook from what a merchant pasted: the GUID itself (any case, spaces around it),
 * or the whole address `https://webhook.ascent360.com/V1/Data/{GUID}`. The GUID comes back in lower case.
 * The GUID is a credential, so no message repeats any of what was pasted.
 */
export function parseGuid(text: string): ParsedGuid {
  const pasted = text.replace(invisibleEdges, '');
  if (pasted === '') return refused('Enter the GUID that Ascent360 gave you.');
  if (wholeGuid.test(pasted)) return { ok: true, guid: pasted.toLowerCase() };
  if (/^[a-z][a-z0-9+.-]*:/i.test(pasted) && URL.canParse(pasted)) return parseAddress(new URL(pasted));
  return refused(
    'This is not a GUID. It has 32 characters 0-9 and a-f in groups of 8, 4, 4, 4 and 12, with hyphens between them.',
  );
}
