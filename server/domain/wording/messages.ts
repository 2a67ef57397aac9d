import type { AttemptClass, Reason } from '../states.ts';

/** One plain sentence for the merchant per reason. */
export const reasonMessages: Record<Reason, string> = {
  due: 'Next in line to be sent.',
  not_connected: 'Waits until the shop is connected to Ascent360: enter the GUID in the settings.',
  paused: 'Waits because sending is paused in the settings.',
  connection_problem: 'Waits because Ascent360 refuses the GUID. It is sent as soon as the connection works again.',
  behind_earlier: 'Waits for an earlier change about the same address, so that Ascent360 gets them in order.',
  reading_shopify: 'Waits until the missing data has been read from Shopify.',
  superseded: 'A newer state of the same order, customer or choice was sent in its place.',
  told_with_another: 'The choice it is about reached Ascent360 with another event.',
  nothing_new: 'Ascent360 already has the same content, so it was not sent again.',
  stale: 'Older than a state that was already handled, so it was not sent.',
  no_contact: 'Has neither an e-mail address nor a phone number, so Ascent360 could not match it to a person.',
  no_choice: 'Shopify states no explicit choice, so there is no permission to send.',
  already_told: 'Ascent360 already has this choice.',
  history_held: 'The choice is history, and the settings hold that kind of history back.',
  unticked_box: 'A box left unticked at checkout, which the settings leave out.',
  test_order: 'A test order, which the settings leave out.',
  channel_excluded: 'An order of a sales channel that the settings leave out.',
  topic_off: 'The settings switch this kind of event off.',
  recorded: 'Recorded here; there is nothing to send to Ascent360.',
  lifecycle: 'Is about the app or the shop itself; there is nothing to send to Ascent360.',
  privacy: 'A privacy request, done here; there is nothing to send to Ascent360.',
  uninstalled: 'The app was not installed any more, so it was not sent.',
  deleted_person: 'The customer was deleted in Shopify, so nothing more is sent about them.',
  redacted: 'The person’s data was erased on request, so it was not sent.',
  merge_not_completed: 'Shopify did not complete this merge of two customers, so it changes nothing.',
  unknown_topic: 'The app does not know this kind of event.',
  dismissed: 'Dismissed by hand.',
  expired: 'Waited for so long that its data was erased, so it was not sent.',
  rejected: 'Ascent360 refused this record. Correct the cause, then send it again.',
  gave_up: 'Ascent360 could not be reached in all the time it was tried. Send it again.',
  invalid_payload: 'Does not fit the format that Ascent360 documents, so it was not sent.',
  unreadable: 'Shopify’s message could not be read.',
  translation_failed: 'Shopify’s message lacks something it needs, or could not be handled.',
};

/** What the last attempt of something that is tried again came to. */
export const retryMessages: Record<AttemptClass, string> = {
  accepted: 'Is sent once more.',
  retry: 'Ascent360 could not take it at the last attempt. It is tried again by itself.',
  rejected: 'Ascent360 refused it at the last attempt. It is tried again.',
  connection_problem: 'Ascent360 refused the GUID at the last attempt. It is tried again by itself.',
  unknown: 'The outcome of the last attempt is not known. It is tried again by itself.',
};

export const sendingMessage = 'Is being sent to Ascent360 right now.';
export const acceptedMessage = 'Ascent360 took it.';

/** The codes kept as the detail of what ended with an attempt: of its answer (ascent360/classify-answer.ts), or `phone_only`. */
const codes: Record<string, string> = {
  timeout: 'It did not answer in time',
  connection_refused: 'The connection was refused',
  connection_failed: 'No connection could be made',
  connection_cut: 'The connection was cut before the answer was complete',
  dns_not_found: 'The name of the server was not found',
  dns_failed: 'The name of the server could not be looked up',
  tls_certificate_expired: 'The certificate of the server has expired',
  tls_certificate_not_yet_valid: 'The certificate of the server is not valid yet',
  tls_wrong_host: 'The certificate was issued for another server',
  tls_self_signed: 'The certificate of the server is self-signed',
  tls_untrusted: 'The certificate of the server is not trusted',
  tls_failed: 'No secure connection could be made',
  invalid_answer: 'The answer was not HTTP',
  html_page: 'A web page answered in its place',
  failed: 'The cause is not known',
  phone_only: 'It has no e-mail address, and Ascent360 does not load phone-only contacts by default',
};

/** What is kept as a detail, in words: the code of an attempt, or a text as it is. */
export function detailWords(detail: string | null): string | null {
  const [, status] = /^http_(\d{3})$/.exec(detail ?? '') ?? [];
  if (status) return `It answered with HTTP ${status}`;
  return detail !== null && Object.hasOwn(codes, detail) ? (codes[detail] ?? detail) : detail;
}

/** A sentence and what it adds for one event. */
export function withDetail(message: string, detail: string | null): string {
  const added = detail?.trim();
  if (!added) return message;
  return `${message} ${added.charAt(0).toUpperCase()}${added.slice(1)}${/[.!?]$/.test(added) ? '' : '.'}`;
}
