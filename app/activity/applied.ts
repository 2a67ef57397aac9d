import { countedNames } from '../../server/domain/states.ts';
import type { Format } from '../locale.ts';
import { textIf, textsOf } from '../texts.ts';
import { type Filter, isDay, spanOf } from './filter.ts';
import { topicName } from './state-badge.tsx';

const t = textsOf('activity');

/** Something the list is filtered by. `without`: the change of the filter that takes it off. */
export type Applied = { key: string; label: string; without: Partial<Filter> };

export const stateName = (name: string): string => textIf(`activity.states.${name}`) ?? name;
export const sourceName = (name: string): string => textIf(`activity.sources.${name}`) ?? name;
const reasonName = (reason: string): string => textIf(`activity.reasons.${reason}`) ?? reason;

/** The names in a comma-separated text. */
const listed = (text: string, nameOf: (part: string) => string, format: Format) =>
  format.list(text.split(',').map(nameOf));

function periodOf({ from, to, last }: Filter, format: Format): string {
  const span = spanOf(last);
  if (span) return t(`filters.last.${span}`);
  const said = (text: string) => (isDay(text) ? format.wholeDay(text) : format.moment(text));
  if (from !== '' && to !== '') return t('filters.between', { from: said(from), to: said(to) });
  return from === '' ? t('filters.until', { to: said(to) }) : t('filters.since', { from: said(from) });
}

const sourcesOf = (source: string, format: Format): string =>
  source === countedNames.join(',') ? t('countedSources') : listed(source, sourceName, format);

/**
 * Everything the list is filtered by, wherever the person came from, besides the search: each is
 * shown and can be taken off.
 */
export function appliedOf(filter: Filter, format: Format): Applied[] {
  const { state, reason, topic, source, from, to, last, import: one, person, optOuts, missed } = filter;
  const applied: (Applied | false)[] = [
    state !== '' && { key: 'state', label: listed(state, stateName, format), without: { state: '', reason: '' } },
    topic !== '' && { key: 'topic', label: topicName(topic), without: { topic: '' } },
    source !== '' && { key: 'source', label: sourcesOf(source, format), without: { source: '' } },
    (from !== '' || to !== '' || last !== '') && {
      key: 'period',
      label: periodOf(filter, format),
      without: { from: '', to: '', last: '' },
    },
    reason !== '' && { key: 'reason', label: reasonName(reason), without: { reason: '' } },
    one !== '' && { key: 'import', label: t('filters.oneImport'), without: { import: '' } },
    person !== '' && {
      key: 'person',
      label: t(person === 'none' ? 'filters.noPerson' : 'filters.onePerson'),
      without: { person: '' },
    },
    optOuts !== '' && {
      key: 'optOuts',
      label: t(optOuts === 'late' ? 'filters.lateOptOuts' : 'filters.openOptOuts'),
      without: { optOuts: '' },
    },
    missed !== '' && { key: 'missed', label: t('filters.missed'), without: { missed: '' } },
  ];
  return applied.filter((each) => each !== false);
}
