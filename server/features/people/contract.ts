import { z } from 'zod';
import { refusing } from '../../domain/fault.ts';

const ASK = refusing('search');
export const queryContract = z.object({
  q: z
    .string({ error: ASK })
    .trim()
    .min(1, { error: ASK })
    .max(320, { error: ASK })
    .regex(/^\P{Cc}*$/u, { error: ASK }),
});
