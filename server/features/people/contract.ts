import { z } from 'zod';

const ASK = 'Enter a whole e-mail address, phone number or customer id';
export const queryContract = z.object({
  q: z
    .string({ error: ASK })
    .trim()
    .min(1, { error: ASK })
    .max(320, { error: ASK })
    .regex(/^\P{Cc}*$/u, { error: ASK }),
});
