import { z } from 'zod';

const ADDRESS = 'Enter an e-mail address for the test record, for example you@example.com';
export const emailAddress = z
  .string({ error: ADDRESS })
  .trim()
  .max(254, { error: ADDRESS })
  .regex(/^[^\s@<>,;"\p{Cc}]+@[^\s@<>,;"\p{Cc}]+\.[^\s@<>,;".\p{Cc}]+$/u, { error: ADDRESS });
/** What `POST /api/test-record` takes. */
export const testRequest = z
  .strictObject({ email: emailAddress.nullish() }, { error: 'Send a JSON object: {"email": …}' })
  .optional();

const BODY = 'Send Shopify’s message as a JSON object, or as its text';
/** What `POST /api/preview` takes. */
export const previewContract = z.strictObject(
  {
    topic: z.string({ error: 'Name the topic, for example orders/create' }).trim().max(100),
    body: z.union([z.record(z.string(), z.unknown()), z.string()], { error: BODY }),
    settings: z.unknown().optional(),
  },
  { error: 'Send a JSON object: {"topic": …, "body": …, "settings": …}' },
);

export const setupSteps = ['connect', 'lists', 'test', 'history', 'ask'] as const;
export type SetupStep = (typeof setupSteps)[number];

/** What `PUT /api/setup` takes. */
export const setupContract = z.strictObject(
  {
    done: z.array(z.enum(setupSteps, { error: `Choose among ${setupSteps.join(', ')}` }), { error: 'Enter a list' }),
    dismissed: z.boolean({ error: 'Choose true or false' }),
  },
  { error: 'Send a JSON object: {"done": […], "dismissed": …}' },
);
