import type { AttemptClass, FlagOutcome } from '../domain/states.ts';

/** Why no complete answer came, as a stable code. */
export type FailureKind = keyof typeof FAILURES;
export type Answer = { status: number; contentType: string | null; excerpt: string } | { failure: FailureKind };
export type Classified = {
  class: AttemptClass;
  /** Whether the flags of the payload count as told. */
  flags: FlagOutcome;
  /** A stable code such as `http_503`, `html_page`, `timeout`; null when accepted. */
  error: string | null;
  /** A sentence for the merchant, without any value of the answer. */
  message: string;
};

/**
 * `refused`: failed before the request could leave, so nothing was taken; `unknown`: it may have been taken.
 * A time-out while connecting counts as unknown: the one deadline of an attempt does not tell which part was slow.
 */
const FAILURES = {
  timeout: { flags: 'unknown', message: 'Ascent360 did not answer in time' },
  connection_refused: { flags: 'refused', message: 'The connection to Ascent360 was refused' },
  connection_failed: { flags: 'refused', message: 'No connection to Ascent360 could be made' },
  connection_cut: { flags: 'unknown', message: 'The connection to Ascent360 was cut before the answer was complete' },
  dns_not_found: { flags: 'refused', message: 'The name of the Ascent360 server was not found (DNS)' },
  dns_failed: { flags: 'refused', message: 'The name of the Ascent360 server could not be looked up (DNS)' },
  tls_certificate_expired: { flags: 'refused', message: 'The certificate of the Ascent360 server has expired (TLS)' },
  tls_certificate_not_yet_valid: {
    flags: 'refused',
    message: 'The certificate of the Ascent360 server is not valid yet (TLS)',
  },
  tls_wrong_host: { flags: 'refused', message: 'The certificate was issued for another server than Ascent360 (TLS)' },
  tls_self_signed: { flags: 'refused', message: 'The certificate of the Ascent360 server is self-signed (TLS)' },
  tls_untrusted: { flags: 'refused', message: 'The certificate of the Ascent360 server is not trusted (TLS)' },
  tls_failed: { flags: 'unknown', message: 'No secure connection to Ascent360 could be made (TLS)' },
  invalid_answer: { flags: 'unknown', message: 'The answer was not HTTP' },
  failed: { flags: 'unknown', message: 'The attempt failed for an unknown cause' },
} as const satisfies Record<string, { flags: FlagOutcome; message: string }>;

const REJECTED = new Set([400, 413, 415, 422]);
const LATER = new Set([408, 425, 429]);

/**
 * What an answer, or its absence, means by who acts next. Ascent360 answers with a status code only (its help page
 * "webhook-documentation"), so a 2xx with an HTML page came from something in between, and any 4xx took nothing.
 */
export function classifyAnswer(answer: Answer): Classified {
  if ('failure' in answer) {
    return { class: 'retry', error: answer.failure, ...FAILURES[answer.failure] };
  }
  const { status } = answer;
  const error = `http_${status}`;
  if (status >= 200 && status < 300) {
    if (isHtmlPage(answer)) {
      const message = `Something else than Ascent360 answered: ${status} with an HTML page`;
      return { class: 'retry', flags: 'unknown', error: 'html_page', message };
    }
    return { class: 'accepted', flags: 'accepted', error: null, message: `Ascent360 accepted the record (${status})` };
  }
  if (status >= 300 && status < 400) {
    const message = `Redirected (${status}), which is not followed: something else than Ascent360 may be answering`;
    return { class: 'connection_problem', flags: 'unknown', error, message };
  }
  if (REJECTED.has(status)) {
    return { class: 'rejected', flags: 'refused', error, message: `Ascent360 rejected the record (${status})` };
  }
  if (LATER.has(status)) {
    return { class: 'retry', flags: 'refused', error, message: `Ascent360 asked to try again later (${status})` };
  }
  if (status >= 400 && status < 500) {
    const message = `Ascent360 does not take records from this connection (${status}): check the GUID`;
    return { class: 'connection_problem', flags: 'refused', error, message };
  }
  const message =
    status >= 500 && status < 600 ? `Ascent360 has a problem of its own (${status})` : `An unusual answer (${status})`;
  return { class: 'retry', flags: 'unknown', error, message };
}

/** An empty answer is no page, whatever its header says. */
function isHtmlPage(answer: { contentType: string | null; excerpt: string }): boolean {
  const start = answer.excerpt.trimStart().slice(0, 20).toLowerCase();
  if (start === '') return false;
  if (/^\s*(text\/html|application\/xhtml\+xml)\s*(;|$)/i.test(answer.contentType ?? '')) return true;
  return start.startsWith('<!doctype html') || /^<html[\s>]/.test(start);
}
