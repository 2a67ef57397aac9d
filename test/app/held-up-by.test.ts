import { expect, it } from 'vitest';
import { heldUpBy } from '../../app/setup/held-up-by.ts';
import type { TextCode } from '../../server/domain/wording/text.ts';
import type { OverviewAnswer } from '../../server/features/overview/api.ts';
import { connectionOf } from '../../server/features/overview/connection.ts';
import { nothingStored, type StoredSettings } from '../../server/store/shops/settings.ts';

const AT = Date.parse('2026-10-05T10:00:00Z');
const connected: StoredSettings = {
  ...nothingStored,
  guid: 'kept',
  guidLast4: '6b90',
  proven: { since: AT, at: AT },
};
const { settings } = connected;
const paused: StoredSettings = { ...connected, settings: { ...settings, paused: true } };

const connection = (stored: StoredSettings | null, uninstalledAt: number | null = null) =>
  connectionOf({ stored, life: { uninstalledAt }, changed: { guid: AT, paused: AT }, waits: true }, AT);
const access = (state: OverviewAnswer['adminAccess']['state']): OverviewAnswer['adminAccess'] => ({
  state,
  message: '',
  text: { code: `admin_access.${state}` },
});
const problem = (kind: OverviewAnswer['problems'][number]['kind'], code: TextCode) => ({
  kind,
  message: '',
  text: { code },
});

const works = { connection: connection(connected), adminAccess: access('ok'), problems: [] };
const lost = problem('admin_access', 'admin_access.needs_opening');
const silent = problem('silent', 'problem.silent');

it('nothing holds up what is new where Ascent360 accepts records, webhooks come and Shopify can be read', () => {
  expect(heldUpBy(works)).toEqual([]);
  expect(heldUpBy({ ...works, problems: [problem('attention', 'problem.attention.rejected')] })).toEqual([]);
});

it.each([
  ['not connected', { connection: connection(null) }, ['connection.not_connected']],
  ['paused', { connection: connection(paused) }, ['connection.paused']],
  [
    'a GUID refused',
    { connection: connection({ ...connected, problem: { since: AT, error: '404' } }) },
    ['connection.problem'],
  ],
  ['uninstalled', { connection: connection(connected, AT) }, ['connection.uninstalled']],
  ['nothing accepted yet', { connection: connection({ ...connected, proven: null }) }, ['connection.connected']],
  [
    'Ascent360 down',
    { connection: connection({ ...connected, breaker: { openedAt: AT, probedAt: null, slices: [] } }) },
    ['connection.connected'],
  ],
  ['no access to Shopify yet', { adminAccess: access('missing') }, ['admin_access.missing']],
  [
    'access to Shopify lost',
    { adminAccess: access('needs_opening'), problems: [lost] },
    ['admin_access.needs_opening'],
  ],
  ['webhooks that stopped', { problems: [silent] }, ['problem.silent']],
  ...(['shopify_failing', 'opt_outs_undelivered', 'fields_denied'] as const).map(
    (kind): [string, Pick<OverviewAnswer, 'problems'>, TextCode[]] => [
      kind,
      { problems: [problem(kind, 'problem.silent')] },
      ['problem.silent'],
    ],
  ),
  [
    'several at once',
    { connection: connection(paused), adminAccess: access('missing'), problems: [silent] },
    ['connection.paused', 'admin_access.missing', 'problem.silent'],
  ],
])('%s: said each once, and never that all is sent', (_name, state, codes) => {
  expect(heldUpBy({ ...works, ...state }).map(({ code }) => code)).toEqual(codes);
});
