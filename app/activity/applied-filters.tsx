import { Button, InlineStack, Tag } from '@shopify/polaris';
import { countedNames } from '../../server/domain/states.ts';
import type { Format } from '../locale.ts';
import { useFormat } from '../shell/shop.tsx';
import { textIf, textsOf } from '../texts.ts';
import { type Filter, isDay, isFiltered, noFilter } from './filter.ts';
import { topicName } from './state-badge.tsx';

const t = textsOf('activity');

type Applied = { name: string; without: Partial<Filter> };

const reasonName = (reason: string): string =>
  textIf(`activity.attentionReasons.${reason}`) ?? textIf(`imports.reasons.${reason}`) ?? reason;

/** The names in a comma-separated text. */
const listed = (text: string, nameOf: (part: string) => string, format: Format) =>
  format.list(text.split(',').map(nameOf));

function periodOf({ from, to }: Filter, format: Format): string {
  const said = (text: string) => (isDay(text) ? format.day(text) : format.moment(text));
  if (from !== '' && to !== '') return t('filters.between', { from: said(from), to: said(to) });
  return from === '' ? t('filters.until', { to: said(to) }) : t('filters.since', { from: said(from) });
}

/**
 * Everything the list is filtered by, wherever the person came from: each filter is shown and can
 * be removed.
 */
function appliedOf(filter: Filter, format: Format): Applied[] {
  const { state, reason, topic, source, from, to, import: one, person, optOuts } = filter;
  const stateName = (name: string) => textIf(`activity.states.${name}`) ?? name;
  const sourceName = (name: string) => textIf(`activity.sources.${name}`) ?? name;
  return [
    ...(state ? [{ name: listed(state, stateName, format), without: { state: '', reason: '' } }] : []),
    ...(reason ? [{ name: reasonName(reason), without: { reason: '' } }] : []),
    ...(topic ? [{ name: topicName(topic), without: { topic: '' } }] : []),
    ...(source
      ? [
          {
            name: source === countedNames.join(',') ? t('countedSources') : listed(source, sourceName, format),
            without: { source: '' },
          },
        ]
      : []),
    ...(one ? [{ name: t('filters.oneImport'), without: { import: '' } }] : []),
    ...(person
      ? [{ name: t(person === 'none' ? 'filters.noPerson' : 'filters.onePerson'), without: { person: '' } }]
      : []),
    ...(optOuts
      ? [{ name: t(optOuts === 'late' ? 'filters.lateOptOuts' : 'filters.openOptOuts'), without: { optOuts: '' } }]
      : []),
    ...(from || to ? [{ name: periodOf(filter, format), without: { from: '', to: '' } }] : []),
  ];
}

export function AppliedFilters(props: { filter: Filter; onChange: (changed: Partial<Filter>) => void }) {
  const { filter, onChange } = props;
  const format = useFormat();
  if (!isFiltered(filter)) return null;
  return (
    <div className="applied-filters">
      <InlineStack gap="200" blockAlign="center">
        {appliedOf(filter, format).map(({ name, without }) => (
          <Tag key={name} onRemove={() => onChange(without)}>
            {name}
          </Tag>
        ))}
        <Button variant="plain" onClick={() => onChange(noFilter)}>
          {t('filters.clear')}
        </Button>
      </InlineStack>
    </div>
  );
}
