import { describeCrowds } from '../fakes/survived-crowds.ts';

describeCrowds([
  [
    '60 slow bodies: webhooks, Flow runs and a merchant’s calls',
    (some) => Object.values(some).map((request) => [20, 'slow', request]),
  ],
  [
    '1,000 idle connections, 150 endless and 50 slow bodies at once',
    ({ webhook }) => [
      [1000, 'idle'],
      [150, 'endless', webhook],
      [50, 'slow', webhook],
    ],
  ],
]);
