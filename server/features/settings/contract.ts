import { z } from 'zod';
import { refusing } from '../../domain/fault.ts';
import { seenAnswers } from '../../store/shops/proof.ts';

const ADDRESS = refusing('test_email');
export const emailAddress = z
  .string({ error: ADDRESS })
  .trim()
  .max(254, { error: ADDRESS })
  .regex(/^[^\s@<>,;"\p{Cc}]+@[^\s@<>,;"\p{Cc}]+\.[^\s@<>,;".\p{Cc}]+$/u, { error: ADDRESS });
/** The body of `POST /api/test-record`. */
export const testRequest = z.strictObject({ email: emailAddress.nullish() }, { error: refusing('json') }).optional();

/** The body of `PUT /api/seen`. */
export const seenContract = z.strictObject(
  { answer: z.enum(seenAnswers, { error: refusing('choice', { options: seenAnswers.join(', ') }) }) },
  { error: refusing('json') },
);

const BODY = refusing('body');
/** The body of `POST /api/preview`. */
export const previewContract = z.strictObject(
  {
    topic: z
      .string({ error: refusing('topic') })
      .trim()
      .max(100),
    body: z.union([z.record(z.string(), z.unknown()), z.string()], { error: BODY }),
    settings: z.unknown().optional(),
  },
  { error: refusing('json') },
);

export const setupSteps = ['connect', 'lists', 'test', 'history', 'ask'] as const;
export type SetupStep = (typeof setupSteps)[number];

/** The body of `PUT /api/setup`. */
export const setupContract = z.strictObject(
  {
    done: z.array(z.enum(setupSteps, { error: refusing('choice', { options: setupSteps.join(', ') }) }), {
      error: refusing('list'),
    }),
    dismissed: z.boolean({ error: refusing('on_off') }),
    partsHidden: z.boolean({ error: refusing('on_off') }).default(false),
  },
  { error: refusing('json') },
);
