import { z } from 'zod';
import { importAnswer } from '../../domain/imports.ts';
import type { ApiRoute } from '../../http/api-description.ts';
import { importContract } from './contract.ts';

const action = (name: string, does: string): ApiRoute => ({
  method: 'post',
  path: `/imports/:id/${name}`,
  does,
  answer: { json: importAnswer },
  refusals: [404, 409, 422],
});

export const importsApi: readonly ApiRoute[] = [
  {
    method: 'post',
    path: '/imports',
    does: 'Begins to count what an import would send.',
    body: importContract(0, 'UTC'),
    answer: { status: 201, json: importAnswer },
    refusals: [409, 422],
  },
  {
    method: 'get',
    path: '/imports',
    does: 'Lists imports, newest first.',
    answer: { json: z.object({ items: z.array(importAnswer) }) },
  },
  {
    method: 'get',
    path: '/imports/:id',
    does: 'Gives one import.',
    answer: { json: importAnswer },
    refusals: [404],
  },
  action('start', 'Starts sending what was counted.'),
  action('pause', 'Pauses sending.'),
  action('resume', 'Goes on sending.'),
  action('cancel', 'Ends the import for good.'),
];
