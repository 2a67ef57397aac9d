import { z } from 'zod';
import { refusing } from '../../domain/fault.ts';
import { searchText } from '../../domain/search-text.ts';
import { visibleText } from '../../domain/visible-text.ts';

const ASK = refusing('search');
export const queryContract = z.object({
  q: z
    .string({ error: ASK })
    .trim()
    .regex(/^\P{Cc}*$/u, { error: ASK, abort: true })
    .overwrite(visibleText)
    .min(1, { error: ASK })
    .max(320, { error: ASK })
    .transform(searchText),
});
