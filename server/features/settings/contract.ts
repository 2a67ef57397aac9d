import { z } from 'zod';
import { refusing } from '../../domain/fault.ts';
import { visibleText } from '../../domain/visible-text.ts';
import { readEmail } from '../../shopify/translate/read-email.ts';
import { seenAnswers } from '../../store/shops/proof.ts';

const ADDRESS = refusing('test_email');
/** As strict as with what is sent of a customer. */
export const emailAddress = z
  .string({ error: ADDRESS })
  .overwrite(visibleText)
  .refine((written) => readEmail(written) === written, { error: ADDRESS });
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

/** The most views that a shop may save. */
export const MOST_VIEWS = 50;
const MOST_NAME = 100;
const MOST_PART = 500;
const part = z
  .string({ error: refusing('text') })
  .max(MOST_PART, { error: refusing('text_long', { max: MOST_PART }) })
  .exactOptional();
/** A view of the activity. Never what was searched for: that is mostly somebody's email address. */
export const viewContract = z.strictObject(
  {
    name: z
      .string({ error: refusing('text') })
      .overwrite(visibleText)
      .min(1, { error: refusing('length', { max: MOST_NAME }) })
      .max(MOST_NAME, { error: refusing('length', { max: MOST_NAME }) })
      .regex(/^\P{Cc}*$/u, { error: refusing('invisible') }),
    filter: z.strictObject(
      {
        state: part,
        reason: part,
        topic: part,
        source: part,
        from: part,
        to: part,
        last: part,
        import: part,
        person: part,
        optOuts: part,
        missed: part,
      },
      { error: refusing('filter') },
    ),
  },
  { error: refusing('json') },
);

export const setupSteps = ['connect', 'lists', 'test', 'history', 'ask'] as const;
export type SetupStep = (typeof setupSteps)[number];

/** The body of `PUT /api/setup`. */
export const setupContract = z.strictObject(
  {
    done: z
      .array(z.enum(setupSteps, { error: refusing('choice', { options: setupSteps.join(', ') }) }), {
        error: refusing('list'),
      })
      .max(setupSteps.length, { error: refusing('list_long', { max: setupSteps.length }) }),
    dismissed: z.boolean({ error: refusing('on_off') }),
    partsHidden: z.boolean({ error: refusing('on_off') }).default(false),
  },
  { error: refusing('json') },
);
