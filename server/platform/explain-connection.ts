import { codeOf } from './error-code.ts';

/**
 * Node's codes for a certificate that wasn't signed by an authority it knows
 * (https://nodejs.org/api/tls.html#x509-certificate-error-codes).
 */
const UNTRUSTED =
  /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?)$/;
const POOLER =
  'A pooler such as PgBouncer in transaction mode is in between, which mixes up sessions: connect to PostgreSQL itself';

/**
 * Says in one line what somebody must do about a server that can't be used; null: it may recover by
 * itself.
 * @param variable the one that names the server
 */
export function explainConnection(variable: 'DATABASE_URL' | 'REDIS_URL', error: unknown): string | null {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : '';
  if (UNTRUSTED.test(code)) {
    return `${variable}: the server's certificate is signed by an authority that Node does not know. Set NODE_EXTRA_CA_CERTS to a file with that authority's certificate (PEM).`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `${variable}: the server's certificate is made for another host. Use the host that it names.`;
  }
  if (/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/.test(code))
    return `${variable}: the server's certificate is not valid now: renew it there, or set the clock of this machine right.`;
  if (code === '28000' && /no encryption|SSL off/.test(message))
    return `${variable}: the server wants TLS: add ?sslmode=verify-full behind the database's name.`;
  if (/^(28P01|28000)$/.test(code))
    return `${variable}: the server refuses this user or password: correct them (write special characters of the password as %XX), or let the server accept them.`;
  // The driver's words: it was asked for a password before the server could refuse anything.
  if (/client password must be/.test(message))
    return `${variable}: the server wants a password: write it as postgresql://user:PASSWORD@host.`;
  if (code === '42501')
    return `${variable}: this user may not use the app's tables: run the app and "npm run db:migrate" as the same user, which owns them.`;
  if (code === '53300')
    return `${variable}: the server has no connection left: set its max_connections (or the user's limit) to what docs/operations says.`;
  if (code === '3D000') return `${variable}: the server has no such database. Create it first.`;
  if (/^(WRONGPASS|NOAUTH|ERR AUTH|ERR invalid password)/.test(message)) {
    return `${variable}: the server refuses the password, or wants one: redis://:PASSWORD@host.`;
  }
  if (/^(MOVED|CROSSSLOT|CLUSTERDOWN)\b|non local key/.test(message))
    return `${variable}: the server is a cluster, which keeps apart what the app's scripts need together: use a server without cluster mode.`;
  if (/^NOPERM\b|user executing the script can't/.test(message))
    return `${variable}: this user may not do what the app needs: give it every command on the keys bull:* and on all channels (ACL SETUSER name ~bull:* &* +@all).`;
  if (/^ERR .*syntax error/.test(message))
    return `${variable}: the server does not know a command of the app: use Redis 7 or newer, or Valkey.`;
  if (/^ERR DB index/.test(message))
    return `${variable}: the server has no database of this number, and the first is used in its place: write one that it has, mostly /0 to /15.`;
  if (/does not support SSL/.test(message)) return `${variable}: the server does not speak TLS: leave sslmode out.`;
  if (/^(42P05|26000)$/.test(code) || /unsupported startup parameter/.test(message)) return `${variable}: ${POOLER}.`;
  return null;
}
