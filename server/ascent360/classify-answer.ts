import { jsonIn } from '../domain/json.ts';
import type { AttemptClass, FlagOutcome } from '../domain/states.ts';
import { detailText } from '../domain/wording/details.ts';
import type { en } from '../domain/wording/en.ts';
import type { Text } from '../domain/wording/text.ts';

/** Why no complete answer arrived, as a stable code. */
export type FailureKind = keyof typeof FAILURES;
export type Answer = { status: number; contentType: string | null; excerpt: string } | { failure: FailureKind };
type Classified = {
  class: AttemptClass;
  /** Whether the payload's flags count as accepted. */
  flags: FlagOutcome;
  /** A stable code such as `http_503`, `html_page`, `timeout`; null when accepted. */
  error: string | null;
  /** For the merchant; includes no value from the answer. */
  text: Text;
};

/**
 * `refused`: failed before the request could be sent, so Ascent360 received nothing; `unknown`: it
 * may have accepted it. A time-out while connecting counts as unknown: an attempt has one deadline,
 * which doesn't say which part was slow.
 */
const FAILURES = {
  timeout: 'unknown',
  connection_refused: 'refused',
  connection_failed: 'refused',
  connection_cut: 'unknown',
  dns_not_found: 'refused',
  dns_failed: 'refused',
  tls_certificate_expired: 'refused',
  tls_certificate_not_yet_valid: 'refused',
  tls_wrong_host: 'refused',
  tls_self_signed: 'refused',
  tls_untrusted: 'refused',
  tls_failed: 'unknown',
  invalid_answer: 'unknown',
  failed: 'unknown',
} as const satisfies Record<string, FlagOutcome>;

const REJECTED = new Set([400, 413, 415, 422]);
const LATER = new Set([408, 425, 429]);
/** What the merchant may have to correct the GUID for. Another 4xx says nothing about it. */
const REFUSED = new Set([401, 403, 404, 410]);

/**
 * What an answer, or no answer, means: who has to act next. Ascent360 answers with a status code
 * only (its help page "webhook-documentation"), so a 2xx with an HTML page came from something in
 * between, and after any 4xx nothing was accepted.
 */
export function classifyAnswer(answer: Answer): Classified {
  if ('failure' in answer) {
    const { failure } = answer;
    return { class: 'retry', flags: FAILURES[failure], error: failure, text: { code: `detail.${failure}` } };
  }
  const { status } = answer;
  const error = `http_${status}`;
  const said = (code: keyof typeof en.answer): Text => ({ code: `answer.${code}`, params: { status: String(status) } });
  if (status >= 200 && status < 300) {
    if (isHtmlPage(answer)) return { class: 'retry', flags: 'unknown', error: 'html_page', text: said('html_page') };
    return { class: 'accepted', flags: 'accepted', error: null, text: said('accepted') };
  }
  if (status >= 300 && status < 400) {
    return { class: 'connection_problem', flags: 'unknown', error, text: said('redirected') };
  }
  if (REJECTED.has(status)) return { class: 'rejected', flags: 'refused', error, text: said('rejected') };
  if (LATER.has(status)) return { class: 'retry', flags: 'refused', error, text: said('later') };
  if (status >= 400 && status < 500) {
    return {
      class: 'connection_problem',
      flags: 'refused',
      error,
      text: said(REFUSED.has(status) ? 'refused' : 'not_taken'),
    };
  }
  return {
    class: 'retry',
    flags: 'unknown',
    error,
    text: said(status >= 500 && status < 600 ? 'server_error' : 'unusual'),
  };
}

/**
 * Where a page starts, behind what may come before it: an XML declaration, comments. The tags by
 * which browsers recognise one (https://mimesniff.spec.whatwg.org), and others that a page without a
 * head starts with.
 */
const PAGE_START =
  /^(?:\s|<\?xml[^>]*>|<!--(?:[^-]|-(?!->))*-->)*<(?:!doctype\s+html|html|head|title|body|script|style|iframe|meta|link|h[1-6]|div|table|center|font|form|pre|br|a|b|p)[\s/>]/i;

/**
 * An empty answer is not a page, and JSON is none, whatever their header says: many servers call
 * everything HTML unless told otherwise.
 */
function isHtmlPage({ contentType, excerpt }: { contentType: string | null; excerpt: string }): boolean {
  if (excerpt.trim() === '') return false;
  if (/^(text\/html|application\/xhtml\+xml)\s*(;|$)/i.test(contentType ?? '')) return !isJson(excerpt);
  return PAGE_START.test(excerpt);
}

/** What an answer that was kept by its code says. */
export function textOfError(error: string): Text | null {
  const [, status] = /^http_(\d{3})$/.exec(error) ?? [];
  return status ? classifyAnswer({ status: Number(status), contentType: null, excerpt: '' }).text : detailText(error);
}

/** An object or a list; any number or quoted word is JSON too. */
const isJson = (text: string): boolean => /^\s*[{[]/.test(text) && jsonIn(text) !== undefined;
