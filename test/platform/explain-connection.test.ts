import { expect, it } from 'vitest';
import { explainConnection } from '../../server/platform/explain-connection.ts';

const coded = (code: string, message = 'x') => Object.assign(new Error(message), { code });
const untrusted = [
  ...['SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ...['UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
];

it.each<[string, Error, RegExp]>([
  ...untrusted.map((code): [string, Error, RegExp] => [code, coded(code), /Set NODE_EXTRA_CA_CERTS/]),
  ['another host’s certificate', coded('ERR_TLS_CERT_ALTNAME_INVALID'), /Use the host that it names/],
  ['an expired certificate', coded('CERT_HAS_EXPIRED'), /renew it there/],
  ['a certificate of the future', coded('CERT_NOT_YET_VALID'), /set the clock of this machine right/],
  ['a wrong password', coded('28P01'), /refuses this user or password/],
  ['an unknown user', coded('28000'), /refuses this user or password/],
  ['no password', new Error('SASL: client password must be a string'), /wants a password/],
  ['another owner', coded('42501'), /as the same user/],
  ['no connection left', coded('53300'), /max_connections/],
  ['no database', coded('3D000'), /Create it first/],
  ...['WRONGPASS invalid username-password pair', 'NOAUTH Authentication required.', 'ERR invalid password'].map(
    (message): [string, Error, RegExp] => [message, new Error(message), /redis:\/\/:PASSWORD@host/],
  ),
  ['a password that Redis has none of', new Error('ERR AUTH <password> called'), /redis:\/\/:PASSWORD@host/],
  ...[
    'MOVED 3999 127.0.0.1:6381',
    "CROSSSLOT Keys in request don't hash to the same slot",
    'CLUSTERDOWN Hash slot not served',
    'ERR Script attempted to access a non local key in a cluster node',
  ].map((message): [string, Error, RegExp] => [message, new Error(message), /a server without cluster mode/]),
  ...[
    "NOPERM this user has no permissions to run the 'eval' command",
    "ERR The user executing the script can't publish to the channel mentioned in the command script: f00",
  ].map((message): [string, Error, RegExp] => [message, new Error(message), /ACL SETUSER/]),
  ...['ERR syntax error', 'ERR Error running script (call to f_0): @user_script:3: ERR syntax error'].map(
    (message): [string, Error, RegExp] => [message, new Error(message), /Redis 7 or newer, or Valkey/],
  ),
  ['a Redis database that isn’t there', new Error('ERR DB index is out of range'), /has no database of this number/],
  ...['no encryption', 'SSL off'].map((end): [string, Error, RegExp] => [
    end,
    coded('28000', `no pg_hba.conf entry for host "10.0.0.1", user "me", database "db", ${end}`),
    /wants TLS: add \?sslmode=verify-full/,
  ]),
  ['no TLS', new Error('The server does not support SSL connections'), /leave sslmode out/],
  ['a statement that is prepared already', coded('42P05'), /connect to PostgreSQL itself/],
  ['a statement that is not prepared', coded('26000'), /connect to PostgreSQL itself/],
  ['a pooler', coded('08P01', 'unsupported startup parameter: options'), /connect to PostgreSQL itself/],
])('of %s the operator is told in one line which variable it is about and what to do', (_, error, help) => {
  const line = explainConnection('DATABASE_URL', error) ?? '';
  expect(line).toMatch(help);
  expect(line).toMatch(/^DATABASE_URL: .*\.$/);
});

it.each<[string, unknown]>([
  ['a server that is down', coded('ECONNREFUSED')],
  ['a cut connection', coded('57P01')],
  ['a wrong statement of ours', coded('42601', 'syntax error at or near "ERR"')],
  ['a code that only begins so', coded('280001')],
  ['a code that only ends so', coded('X26000')],
  ['no error', 'text'],
])('%s may recover by itself', (_, error) => {
  expect(explainConnection('REDIS_URL', error)).toBeNull();
});
