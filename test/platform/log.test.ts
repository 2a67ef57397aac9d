import { expect, it } from 'vitest';
import { withoutSecrets } from '../../server/platform/log.ts';

it('values named like a secret are hidden in a log line and inside its objects; everything else stays', () => {
  const err = new Error('x');
  const line = {
    shop: 1,
    guid: 'g',
    err,
    answer: { status: 200, token: 't', deeper: { secret: 's', authorization: 'a' } },
  };
  expect(withoutSecrets(line)).toEqual({
    shop: 1,
    guid: '[Redacted]',
    err,
    answer: { status: 200, token: '[Redacted]', deeper: { secret: '[Redacted]', authorization: '[Redacted]' } },
  });
  expect(withoutSecrets(line)['err']).toBe(err);
});
