import type { FailureKind } from './classify-answer.ts';

/** Error codes from Node (dns, net, tls) and undici. Any other is `failed`. */
const BY_CODE = new Map<string, FailureKind>(
  Object.entries({
    ENOTFOUND: 'dns_not_found',
    EAI_AGAIN: 'dns_failed',
    EAI_FAIL: 'dns_failed',
    ENODATA: 'dns_not_found',
    ECONNREFUSED: 'connection_refused',
    UND_ERR_CONNECT_TIMEOUT: 'timeout',
    UND_ERR_HEADERS_TIMEOUT: 'timeout',
    UND_ERR_BODY_TIMEOUT: 'timeout',
    ETIMEDOUT: 'timeout',
    ECONNRESET: 'connection_cut',
    ECONNABORTED: 'connection_cut',
    EPIPE: 'connection_cut',
    UND_ERR_SOCKET: 'connection_cut',
    UND_ERR_ABORTED: 'connection_cut',
    UND_ERR_DESTROYED: 'connection_cut',
    UND_ERR_CLOSED: 'connection_cut',
    UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'connection_cut',
    UND_ERR_HEADERS_OVERFLOW: 'invalid_answer',
    CERT_HAS_EXPIRED: 'tls_certificate_expired',
    CERT_NOT_YET_VALID: 'tls_certificate_not_yet_valid',
    ERR_TLS_CERT_ALTNAME_INVALID: 'tls_wrong_host',
    DEPTH_ZERO_SELF_SIGNED_CERT: 'tls_self_signed',
    SELF_SIGNED_CERT_IN_CHAIN: 'tls_self_signed',
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'tls_untrusted',
    UNABLE_TO_GET_ISSUER_CERT: 'tls_untrusted',
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'tls_untrusted',
    CERT_UNTRUSTED: 'tls_untrusted',
    CERT_REJECTED: 'tls_untrusted',
    CERT_REVOKED: 'tls_untrusted',
    CERT_SIGNATURE_FAILURE: 'tls_untrusted',
    CERT_CHAIN_TOO_LONG: 'tls_untrusted',
    INVALID_CA: 'tls_untrusted',
    INVALID_PURPOSE: 'tls_untrusted',
    EPROTO: 'tls_failed',
  } satisfies Record<string, FailureKind>),
);

/**
 * The cause of an error thrown by undici. Failures to connect other than DNS, TLS or a refusal (no
 * route, network down) are `connection_failed`: nothing had been sent. Reads codes only, never
 * messages: those may include the URL, which contains the GUID.
 */
export function failureKind(error: unknown): FailureKind {
  // undici's parser errors always have a name, but only sometimes a code.
  if (textOf(error, 'name') === 'HTTPParserError') return 'invalid_answer';
  const code = textOf(error, 'code');
  if (code === null) return 'failed';
  const known = BY_CODE.get(code);
  if (known !== undefined) return known;
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) return 'tls_failed';
  if (wasConnecting(error)) return 'connection_failed';
  return 'failed';
}

/** A host with several addresses fails with one error that holds one for each. */
function wasConnecting(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.every(wasConnecting);
  return textOf(error, 'syscall') === 'connect';
}

function textOf(error: unknown, key: 'code' | 'syscall' | 'name'): string | null {
  if (typeof error !== 'object' || error === null) return null;
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' ? value : null;
}
