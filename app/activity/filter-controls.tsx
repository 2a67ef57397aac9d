import { ChoiceList, type IndexFiltersProps } from '@shopify/polaris';
import { eventSources, eventStates } from '../../server/domain/states.ts';
import { textsOf } from '../texts.ts';
import { type Applied, sourceName, stateName } from './applied.ts';
import { eventTopics, type Filter } from './filter.ts';
import { PeriodFilter } from './period-filter.tsx';
import { topicName } from './state-badge.tsx';

const t = textsOf('activity.filters');

const choicesOf = (names: readonly string[], nameOf: (name: string) => string) =>
  names.map((value) => ({ value, label: nameOf(value) }));

/**
 * Each filter with its control, which applies at once. A filter that only a link can set, such as
 * one customer, is listed while it applies, so that it can be taken off.
 */
export function filterControls(
  filter: Filter,
  applied: readonly Applied[],
  change: (changed: Partial<Filter>) => void,
): IndexFiltersProps['filters'] {
  /** Any of these names. Whatever order they are chosen in, they are kept in this one. */
  const several = (key: 'state' | 'source', names: readonly string[], nameOf: (name: string) => string) => ({
    key,
    control: (
      <ChoiceList
        title={t(key)}
        titleHidden
        allowMultiple
        choices={choicesOf(names, nameOf)}
        selected={filter[key] === '' ? [] : filter[key].split(',')}
        onChange={(selected) => {
          const chosen = names.filter((name) => selected.includes(name)).join(',');
          change(key === 'state' ? { state: chosen, reason: '' } : { source: chosen });
        }}
      />
    ),
  });
  const own = [
    several('state', eventStates, stateName),
    {
      key: 'topic',
      control: (
        <ChoiceList
          title={t('topic')}
          titleHidden
          choices={choicesOf(eventTopics, topicName)}
          selected={[filter.topic]}
          onChange={([topic = '']) => change({ topic })}
        />
      ),
    },
    several('source', eventSources, sourceName),
    { key: 'period', control: <PeriodFilter period={filter} onChange={change} /> },
  ] as const;
  const fromLinks = applied.filter(({ key }) => own.every((each) => each.key !== key));
  return [
    // First, so that they are seen on a phone too.
    ...fromLinks.map(({ key, label }) => ({ key, label, filter: null, pinned: true })),
    ...own.map(({ key, control }) => ({ key, label: t(key), filter: control, pinned: true })),
  ];
}
