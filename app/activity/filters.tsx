import { Button, Select, TextField } from '@shopify/polaris';
import { useEffect, useState } from 'react';
import { countedNames, eventSources } from '../../server/domain/states.ts';
import { textsOf } from '../texts.ts';
import { AppliedFilters } from './applied-filters.tsx';
import { type Filter, isDay } from './filter.ts';
import { topicName } from './state-badge.tsx';

const t = textsOf('activity');
const states = ['waiting', 'sending', 'retrying', 'accepted', 'merged', 'skipped', 'attention'] as const;
const topics = [
  ...['orders/create', 'orders/updated', 'customers/create', 'customers/update'],
  ...['customers_email_marketing_consent/update', 'customers_marketing_consent/update'],
  ...['customers_whats_app_marketing_consent/update', 'customer.tags_added', 'customer.tags_removed'],
  ...['customers/delete', 'customers/merge', 'app/uninstalled', 'app/scopes_update', 'shop/update'],
  ...['customers/data_request', 'customers/redact', 'shop/redact', 'import/orders', 'import/customers'],
  ...['person/read', 'person/opt_out', 'person/send', 'flow/send'],
];

/** The list's filters. Choices apply at once, a search once submitted. */
export function Filters({ filter, onChange }: { filter: Filter; onChange: (changed: Partial<Filter>) => void }) {
  const [typed, setTyped] = useState(filter.q);
  const [open, setOpen] = useState(false);
  const count = [filter.state, filter.topic, filter.source, filter.from, filter.to].filter(Boolean).length;
  const counted = countedNames.join(',');
  useEffect(() => setTyped(filter.q), [filter.q]);
  return (
    <search aria-label={t('filters.label')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onChange({ q: typed.trim() });
        }}
      >
        <div className={`filters${open ? ' is-open' : ''}`}>
          <TextField
            label={t('filters.search')}
            helpText={t('filters.searchHelp')}
            value={typed}
            onChange={setTyped}
            autoComplete="off"
            inputMode="search"
            maxLength={320}
            clearButton
            onClearButtonClick={() => {
              setTyped('');
              onChange({ q: '' });
            }}
            connectedRight={<Button submit>{t('filters.searchButton')}</Button>}
          />
          <div className="more-filters">
            <Button disclosure={open ? 'up' : 'down'} ariaExpanded={open} onClick={() => setOpen(!open)}>
              {t('filters.more', { count })}
            </Button>
          </div>
          <div className="on-demand">
            <Select
              label={t('filters.state')}
              options={[
                { value: '', label: t('anyState') },
                ...states.map((value) => ({ value, label: t(`states.${value}`) })),
                ...(filter.state.includes(',') ? [{ value: filter.state, label: t('severalStates') }] : []),
              ]}
              value={filter.state}
              onChange={(state) => onChange({ state, reason: '' })}
            />
          </div>
          <div className="on-demand">
            <Select
              label={t('filters.topic')}
              options={[
                { value: '', label: t('anyTopic') },
                ...topics.map((value) => ({ value, label: topicName(value) })),
              ]}
              value={filter.topic}
              onChange={(topic) => onChange({ topic })}
            />
          </div>
          <div className="on-demand">
            <Select
              label={t('filters.source')}
              options={[
                { value: '', label: t('anySource') },
                { value: counted, label: t('countedSources') },
                ...eventSources.map((value) => ({ value, label: t(`sources.${value}`) })),
                ...(filter.source.includes(',') && filter.source !== counted
                  ? [{ value: filter.source, label: t('severalSources') }]
                  : []),
              ]}
              value={filter.source}
              onChange={(source) => onChange({ source })}
            />
          </div>
          <div className="on-demand">
            <TextField
              label={t('filters.from')}
              type="date"
              value={isDay(filter.from) ? filter.from : ''}
              onChange={(from) => onChange({ from })}
              autoComplete="off"
              {...(isDay(filter.to) && { max: filter.to })}
            />
          </div>
          <div className="on-demand">
            <TextField
              label={t('filters.to')}
              type="date"
              value={isDay(filter.to) ? filter.to : ''}
              onChange={(to) => onChange({ to })}
              autoComplete="off"
              {...(isDay(filter.from) && { min: filter.from })}
            />
          </div>
        </div>
        <AppliedFilters filter={filter} onChange={onChange} />
      </form>
    </search>
  );
}
