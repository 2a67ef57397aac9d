import { z } from 'zod';
import { addDays, startOfDay } from '../../domain/days.ts';
import { refusing } from '../../domain/fault.ts';
import type { Instant } from '../../domain/scalars.ts';
import { searchText } from '../../domain/search-text.ts';
import {
  type EndReason,
  type EventSource,
  type EventState,
  endReasons,
  eventSources,
  eventStates,
} from '../../domain/states.ts';
import { visibleText } from '../../domain/visible-text.ts';

/** The most events that a filter names one by one: as many as a page of the list may have. */
const MOST_NAMED = 200;

/** Opt-outs still to be accepted: all of them, or those that are late. */
const openOptOuts = ['waiting', 'late'] as const;

/**
 * Which events to show; empty or null: any. `from` and `to` are both included. `reason`: how they
 * ended. `ids`: only these. `person`: an id, or `none` for those about nobody we know. `optOuts`:
 * those with an opt-out that wasn't accepted yet, each choice once. `missed`: what a comparison
 * found and a webhook should have reported.
 */
export type ActivityFilter = {
  state: readonly EventState[];
  reason: EndReason | null;
  source: readonly EventSource[];
  topic: string | null;
  q: string | null;
  from: Instant | null;
  to: Instant | null;
  ids: readonly string[];
  import: string | null;
  person: string | null;
  optOuts: (typeof openOptOuts)[number] | null;
  missed: 'yes' | null;
};

const date = /^(?:19[7-9]\d|[2-8]\d{3})-\d{2}-\d{2}$/;
const instant = /^(?:19[7-9]\d|[2-8]\d{3})-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/i;

const words = (max: number) =>
  z
    .string({ error: refusing('text') })
    .trim()
    .regex(/^\P{Cc}*$/u, { error: refusing('invisible') })
    .overwrite(visibleText)
    .max(max, { error: refusing('text_long', { max }) })
    .transform((text) => text || null)
    .nullish()
    .transform((text) => text ?? null);

/** JavaScript reads February 30 as March 2. */
const isOnCalendar = (day: string) => new Date(`${day}T00:00:00Z`).toJSON()?.startsWith(day) === true;

/** A date means that whole day in the shop's time zone. */
const moment = (timeZone: string, end: 'first' | 'last') =>
  words(40).transform((text, ctx): Instant | null => {
    if (text === null) return null;
    if (date.test(text) && isOnCalendar(text))
      return end === 'first' ? startOfDay(text, timeZone) : startOfDay(addDays(text, 1), timeZone) - 1;
    const at = instant.test(text) && isOnCalendar(text.slice(0, 10)) ? Date.parse(text) : Number.NaN;
    if (!Number.isNaN(at)) return at;
    ctx.addIssue({
      code: 'custom',
      message: refusing('moment'),
    });
    return z.NEVER;
  });

/** A span of time, for a route's contract. Both ends are included. */
export const spanShape = (timeZone: string) => ({ from: moment(timeZone, 'first'), to: moment(timeZone, 'last') });

/** One of these names, or null. An empty text counts as absent. */
const oneOf = <const Name extends string>(names: readonly Name[]) =>
  z
    .union([z.literal(''), z.enum(names)], { error: refusing('choice', { options: names.join(', ') }) })
    .nullish()
    .transform((name) => name || null);

/** Some of these names: a list, or a text with commas or spaces between them. */
const someOf = <const Name extends string>(names: readonly Name[]) =>
  z
    .union([z.string(), z.array(z.string())], { error: refusing('choice', { options: names.join(', ') }) })
    .nullish()
    .transform((given, ctx): readonly Name[] => {
      const asked = typeof given === 'string' ? [given] : (given ?? []);
      const wanted = asked.flatMap((text) => text.split(/[,\s]+/)).filter(Boolean);
      if (wanted.every((name) => names.some((known) => known === name))) {
        return names.filter((name) => wanted.includes(name));
      }
      ctx.addIssue({ code: 'custom', message: refusing('choice', { options: names.join(', ') }) });
      return z.NEVER;
    });

const rowId = (code: 'import_id' | 'person_id', others: readonly string[] = []) =>
  z
    .union([z.literal(''), z.uuid({ error: refusing(code) }), z.enum(others)], { error: refusing(code) })
    .nullish()
    .transform((id) => id || null);

const NOT_IDS = refusing('event_ids', { max: MOST_NAMED });
const uuid = z.uuid();

/**
 * Ids of events: a list, or a text with commas between them. An empty list is refused: it would
 * name every event.
 */
const eventIds = z
  .union([z.string(), z.array(z.string())], { error: NOT_IDS })
  .nullish()
  .transform((given, ctx): readonly string[] => {
    if (given == null || given === '') return [];
    const ids = typeof given === 'string' ? given.split(',') : given;
    const fits = ids.length > 0 && ids.length <= MOST_NAMED;
    if (fits && ids.every((id) => uuid.safeParse(id).success)) return ids;
    ctx.addIssue({ code: 'custom', message: NOT_IDS });
    return z.NEVER;
  });

/** Made once, because that takes a millisecond. */
const shape = {
  state: someOf(eventStates),
  reason: oneOf(endReasons),
  source: someOf(eventSources),
  topic: words(100),
  q: words(320).transform((q) => q && searchText(q)),
  ...spanShape('UTC'),
  ids: eventIds,
  import: rowId('import_id'),
  person: rowId('person_id', ['none']),
  optOuts: oneOf(openOptOuts),
  missed: oneOf(['yes']),
};

/** The keys of a filter, for a route's contract. An empty text counts as absent. */
export const filterShape = (timeZone: string) => ({ ...shape, ...spanShape(timeZone) });
