import { z } from 'zod';
import { refusing } from '../../domain/fault.ts';
import { issueStates } from '../../domain/issue-states.ts';
import { cursorContract } from '../../http/cursor.ts';
import { filterShape } from '../../store/events/event-filter.ts';

const MOST_ITEMS = 200;
const LIMIT = refusing('limit', { max: MOST_ITEMS });

const limit = z
  .string({ error: LIMIT })
  .regex(/^\d{1,3}$/, { error: LIMIT })
  .transform(Number)
  .refine((asked) => asked >= 1 && asked <= MOST_ITEMS, { error: LIMIT })
  .default(50);

/** Which events to include. */
export const filterContract = (timeZone: string) => z.object(filterShape(timeZone));
/**
 * The query of the list.
 * @param timeZone the shop's: days are in its calendar
 */
export const listContract = (timeZone: string) => filterContract(timeZone).extend({ cursor: cursorContract, limit });

/** The query of the issues. */
export const issuesContract = z.object({
  state: z.enum(issueStates, { error: refusing('choice', { options: issueStates.join(', ') }) }).default('open'),
});

const yesNo = z.boolean({ error: refusing('on_off') }).default(false);
const options = { reassert: yesNo, dryRun: yesNo };
const NO_OBJECT = refusing('json');
export const oneContract = z.strictObject(options, { error: NO_OBJECT }).prefault({});
const filterOf = (timeZone: string) => z.strictObject(filterShape(timeZone), { error: refusing('filter') });
export const manyContract = (timeZone: string) =>
  z.strictObject({ ...options, filter: filterOf(timeZone) }, { error: NO_OBJECT });
export const dismissManyContract = (timeZone: string) =>
  z.strictObject({ dryRun: yesNo, filter: filterOf(timeZone) }, { error: NO_OBJECT });
