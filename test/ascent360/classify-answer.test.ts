import { describe, expect, it } from 'vitest';
import { classifyAnswer, type FailureKind } from '../../server/ascent360/classify-answer.ts';
import { failureKind } from '../../server/ascent360/failure-kind.ts';

const answer = (status: number, excerpt = '', contentType: string | null = null) =>
  classifyAnswer({ status, contentType, excerpt });

describe('the class of an answer', () => {
  it.each([
    [200, 'accepted', 'accepted', null],
    [201, 'accepted', 'accepted', null],
    [204, 'accepted', 'accepted', null],
    [299, 'accepted', 'accepted', null],
    [400, 'rejected', 'refused', 'http_400'],
    [413, 'rejected', 'refused', 'http_413'],
    [415, 'rejected', 'refused', 'http_415'],
    [422, 'rejected', 'refused', 'http_422'],
    [401, 'connection_problem', 'refused', 'http_401'],
    [403, 'connection_problem', 'refused', 'http_403'],
    [404, 'connection_problem', 'refused', 'http_404'],
    [405, 'connection_problem', 'refused', 'http_405'],
    [410, 'connection_problem', 'refused', 'http_410'],
    [402, 'connection_problem', 'refused', 'http_402'],
    [451, 'connection_problem', 'refused', 'http_451'],
    [499, 'connection_problem', 'refused', 'http_499'],
    [300, 'connection_problem', 'unknown', 'http_300'],
    [301, 'connection_problem', 'unknown', 'http_301'],
    [302, 'connection_problem', 'unknown', 'http_302'],
    [304, 'connection_problem', 'unknown', 'http_304'],
    [307, 'connection_problem', 'unknown', 'http_307'],
    [399, 'connection_problem', 'unknown', 'http_399'],
    [408, 'retry', 'refused', 'http_408'],
    [425, 'retry', 'refused', 'http_425'],
    [429, 'retry', 'refused', 'http_429'],
    [500, 'retry', 'unknown', 'http_500'],
    [503, 'retry', 'unknown', 'http_503'],
    [599, 'retry', 'unknown', 'http_599'],
    [101, 'retry', 'unknown', 'http_101'],
    [700, 'retry', 'unknown', 'http_700'],
  ])('%i is %s, its flags %s', (status, kind, flags, error) => {
    expect(answer(status)).toMatchObject({ class: kind, flags, error });
  });

  it.each([
    [200, 'accepted'],
    [302, 'redirected'],
    [400, 'rejected'],
    [401, 'refused'],
    [403, 'refused'],
    [404, 'refused'],
    [410, 'refused'],
    [405, 'not_taken'],
    [451, 'not_taken'],
    [429, 'later'],
    [500, 'server_error'],
    [599, 'server_error'],
    [600, 'unusual'],
    [101, 'unusual'],
  ])('of %i the merchant is told: %s, with its number', (status, code) => {
    expect(answer(status).text).toEqual({ code: `answer.${code}`, params: { status: String(status) } });
  });

  it('of a page in place of an answer, and of no answer, the merchant is told', () => {
    expect(answer(203, '<html>').text).toEqual({ code: 'answer.html_page', params: { status: '203' } });
    expect(classifyAnswer({ failure: 'tls_wrong_host' }).text).toEqual({ code: 'detail.tls_wrong_host' });
  });

  it.each([
    ['a doctype', '<!DOCTYPE html><p>', null],
    ['a doctype after white space and a BOM', '\uFEFF\n  <!doctype HTML>', 'application/json'],
    ['an html tag', '<HTML lang="en">', 'text/plain'],
    ['a head without an html tag', '<head><title>502</title>', null],
    ['a doctype after comments', '<!-- gateway -->\n<!--x--><!DOCTYPE html>', null],
    ['a doctype with white space in it', '<!doctype   html>', null],
    ['an html tag after a comment of nothing and one with dashes', '<!----><!-- a-b -- c ---><html>', null],
    ['an html tag after an XML declaration', '<?xml version="1.0"?>\n<html xmlns="x">', 'application/xml'],
    ['a heading', '<h1>503 Service Unavailable</h1>', null],
    ['a script that leads elsewhere', '\n<script>location="/login"</script>', 'text/plain'],
    ['a refresh', '<meta http-equiv="refresh" content="0;url=/login">', null],
    ['a paragraph', '<p>Please sign in', null],
    ['a line break', '<br/>Maintenance', null],
    ['a link', '<a href="/login">Found</a>.', null],
    ['bold text', '<b>Warning</b>: no route', null],
    ['a content type', 'Please sign in', 'text/html; charset=utf-8'],
    ['a content type in capitals', 'Please sign in', 'Text/HTML'],
    ['a content type in spite of a brace', '{{ maintenance }}', 'text/html'],
    ['a content type in spite of a number', '503', 'text/html'],
    ['a content type in spite of a word in quotes', '"{maintenance}"', 'text/html'],
    ['a content type with white space in it', 'Please sign in', 'text/html ; charset=utf-8'],
    ['the content type of XHTML', 'Please sign in', 'application/xhtml+xml'],
  ])('a 200 with an HTML page, recognised by %s, is not accepted', (_, excerpt, contentType) => {
    expect(answer(200, excerpt, contentType)).toMatchObject({ class: 'retry', flags: 'unknown', error: 'html_page' });
  });

  it('a 200 with a page that starts with any of a page’s tags is not accepted', () => {
    const tags = 'html head title body script style iframe meta link h1 h6 div table center font form pre br a b p';
    for (const tag of tags.split(' '))
      expect([tag, answer(200, `<${tag} class="x">`).error]).toEqual([tag, 'html_page']);
  });

  it.each([
    ['nothing', '', null],
    ['nothing, announced as HTML', '', 'text/html'],
    ['a line’s end, announced as HTML', '\r\n', 'text/html'],
    ['text', 'OK', 'text/plain'],
    ['JSON', '{"html":"<html>"}', 'application/json'],
    ['JSON, announced as HTML by a server that announces everything so', '\n{"status":"ok"}', 'text/html'],
    ['JSON without white space before it, announced as HTML', '{"status":"ok"}', 'text/html'],
    ['a list in JSON, announced as HTML', '[]', 'text/html'],
    ['text that starts like a tag', '<htmlish', null],
    ['XML whose root starts like a tag of a page', '<payload>OK</payload>', 'application/xml'],
    ['XML', '<?xml version="1.0"?><!-- ok --><response>OK</response>', 'application/xml'],
    ['a comment that never ends', `<!--${'-'.repeat(16_000)}<html>`, null],
  ])('a 200 with %s is accepted', (_, excerpt, contentType) => {
    expect(answer(200, excerpt, contentType)).toMatchObject({ class: 'accepted', flags: 'accepted', error: null });
  });

  it.each([
    ['timeout', 'unknown'],
    ['connection_cut', 'unknown'],
    ['tls_failed', 'unknown'],
    ['invalid_answer', 'unknown'],
    ['failed', 'unknown'],
    ['connection_refused', 'refused'],
    ['connection_failed', 'refused'],
    ['dns_not_found', 'refused'],
    ['dns_failed', 'refused'],
    ['tls_certificate_expired', 'refused'],
    ['tls_certificate_not_yet_valid', 'refused'],
    ['tls_wrong_host', 'refused'],
    ['tls_self_signed', 'refused'],
    ['tls_untrusted', 'refused'],
  ] satisfies [FailureKind, string][])('%s is retried, its flags %s', (failure, flags) => {
    expect(classifyAnswer({ failure })).toMatchObject({ class: 'retry', flags, error: failure });
  });
});

/** As Node throws it for a host with several addresses: its own code is that of the first. */
const ofAll = (...errors: { code: string; syscall: string }[]) =>
  Object.assign(new AggregateError(errors), { code: errors[0]?.code });

describe('the cause of a failure', () => {
  it.each([
    [
      ofAll({ code: 'ENETUNREACH', syscall: 'connect' }, { code: 'EHOSTUNREACH', syscall: 'connect' }),
      'connection_failed',
    ],
    [ofAll({ code: 'EHOSTUNREACH', syscall: 'connect' }, { code: 'EIO', syscall: 'write' }), 'failed'],
    [new AggregateError([]), 'failed'],
    [{ code: 'ENETUNREACH', syscall: 'connect' }, 'connection_failed'],
    [{ code: 'ENETUNREACH', syscall: 'read' }, 'failed'],
    [{ name: 'HTTPParserError', code: 'HPE_INVALID_CONSTANT' }, 'invalid_answer'],
    [{ name: 'HTTPParserError' }, 'invalid_answer'],
    [{ code: 'constructor' }, 'failed'],
    [{ code: 7 }, 'failed'],
    [new Error('no code'), 'failed'],
    ['text', 'failed'],
    [null, 'failed'],
  ])('%j is %s', (error, kind) => {
    expect(failureKind(error)).toBe(kind);
  });
});

describe('an error code is the sign of one cause', () => {
  it.each<[FailureKind, string]>([
    ['dns_not_found', 'ENOTFOUND ENODATA'],
    ['dns_failed', 'EAI_AGAIN EAI_FAIL'],
    ['connection_refused', 'ECONNREFUSED'],
    ['timeout', 'ETIMEDOUT UND_ERR_CONNECT_TIMEOUT UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT'],
    ['connection_cut', 'ECONNRESET ECONNABORTED EPIPE UND_ERR_SOCKET UND_ERR_ABORTED UND_ERR_DESTROYED'],
    ['connection_cut', 'UND_ERR_CLOSED UND_ERR_RES_CONTENT_LENGTH_MISMATCH'],
    ['invalid_answer', 'UND_ERR_HEADERS_OVERFLOW'],
    ['tls_certificate_expired', 'CERT_HAS_EXPIRED'],
    ['tls_certificate_not_yet_valid', 'CERT_NOT_YET_VALID'],
    ['tls_wrong_host', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['tls_self_signed', 'DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN'],
    ['tls_untrusted', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
    ['tls_untrusted', 'CERT_UNTRUSTED CERT_REJECTED CERT_REVOKED CERT_SIGNATURE_FAILURE CERT_CHAIN_TOO_LONG'],
    ['tls_untrusted', 'INVALID_CA INVALID_PURPOSE'],
    ['tls_failed', 'EPROTO ERR_SSL_WRONG_VERSION_NUMBER ERR_TLS_HANDSHAKE_TIMEOUT'],
  ])('%s: %s', (kind, codes) => {
    // Also where it failed to connect, which would otherwise be named for that.
    for (const code of codes.split(' ')) expect(failureKind({ code, syscall: 'connect' })).toBe(kind);
  });
});
