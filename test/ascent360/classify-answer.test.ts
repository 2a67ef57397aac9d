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
    [400, 'rejected', 'refused', 'http_400'],
    [413, 'rejected', 'refused', 'http_413'],
    [415, 'rejected', 'refused', 'http_415'],
    [422, 'rejected', 'refused', 'http_422'],
    [401, 'connection_problem', 'refused', 'http_401'],
    [403, 'connection_problem', 'refused', 'http_403'],
    [404, 'connection_problem', 'refused', 'http_404'],
    [405, 'connection_problem', 'refused', 'http_405'],
    [410, 'connection_problem', 'refused', 'http_410'],
    [451, 'connection_problem', 'refused', 'http_451'],
    [301, 'connection_problem', 'unknown', 'http_301'],
    [302, 'connection_problem', 'unknown', 'http_302'],
    [304, 'connection_problem', 'unknown', 'http_304'],
    [307, 'connection_problem', 'unknown', 'http_307'],
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
    ['a doctype', '<!DOCTYPE html><p>', null],
    ['a doctype after white space and a BOM', '\uFEFF\n  <!doctype HTML>', 'application/json'],
    ['an html tag', '<HTML lang="en">', 'text/plain'],
    ['a content type', 'Please sign in', 'text/html; charset=utf-8'],
  ])('a 200 with an HTML page, recognised by %s, is not accepted', (_, excerpt, contentType) => {
    expect(answer(200, excerpt, contentType)).toMatchObject({ class: 'retry', flags: 'unknown', error: 'html_page' });
  });

  it.each([
    ['nothing', '', null],
    ['nothing, announced as HTML', '', 'text/html'],
    ['text', 'OK', 'text/plain'],
    ['JSON', '{"html":"<html>"}', 'application/json'],
    ['text that starts like a tag', '<htmlish', null],
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

describe('the cause of a failure', () => {
  it.each([
    [{ code: 'ENETUNREACH', syscall: 'connect' }, 'connection_failed'],
    [{ code: 'ENETUNREACH', syscall: 'read' }, 'failed'],
    [{ name: 'HTTPParserError', code: 'HPE_INVALID_CONSTANT' }, 'invalid_answer'],
    [{ name: 'HTTPParserError' }, 'invalid_answer'],
    [{ code: 'ENOTFOUND' }, 'dns_not_found'],
    [{ code: 'EAI_AGAIN' }, 'dns_failed'],
    [{ code: 'constructor' }, 'failed'],
    [{ code: 'ERR_SSL_WRONG_VERSION_NUMBER' }, 'tls_failed'],
    [{ code: 'UND_ERR_SOCKET' }, 'connection_cut'],
    [{ code: 7 }, 'failed'],
    [new Error('no code'), 'failed'],
    ['text', 'failed'],
    [null, 'failed'],
  ])('%j is %s', (error, kind) => {
    expect(failureKind(error)).toBe(kind);
  });
});
