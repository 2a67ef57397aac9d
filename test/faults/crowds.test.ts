import { describeCrowds } from '../fakes/survived-crowds.ts';

describeCrowds([
  ['150 endless bodies without a signature', () => [[150, 'endless', { path: '/webhooks' }]]],
  ['150 endless Flow runs', ({ flow }) => [[150, 'endless', flow]]],
  ['150 endless calls without a token', () => [[150, 'endless', { path: '/api/settings' }]]],
  ['150 endless calls by a merchant', ({ call }) => [[150, 'endless', call]]],
]);
