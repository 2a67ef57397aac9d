import { IndexFilters, IndexFiltersMode, type IndexFiltersProps } from '@shopify/polaris';
import { useEffect, useRef, useState } from 'react';
import { useFormat } from '../shell/shop.tsx';
import { textsOf } from '../texts.ts';
import { appliedOf } from './applied.ts';
import { type Filter, isSame, keptFilter, noFilter } from './filter.ts';
import { filterControls } from './filter-controls.tsx';
import { useNamesOfClearing } from './use-names-of-clearing.ts';
import type { useViews } from './use-views.ts';
import type { View } from './views.ts';

const t = textsOf('activity');

type Props = {
  filter: Filter;
  /** The view that the filter was made from. */
  view: View;
  views: ReturnType<typeof useViews>;
  /** @param view the id of the view that the filter is made from; left out: as before */
  onChange: (changed: Partial<Filter>, view?: string) => void;
};

/** What can be done with the views that are saved for the shop. */
function useOwnViews({ filter, view, views, onChange }: Props) {
  const kept = keptFilter(filter);
  /** Saves the filter as it is, and goes to the view. */
  const save = async (id: string, name: string): Promise<boolean> => {
    const isSaved = await views.save({ id, name, filter: kept });
    if (isSaved) onChange(kept, id);
    return isSaved;
  };
  const add = async (name: string) => await save(crypto.randomUUID(), name);
  const remove = async (): Promise<boolean> => {
    const isRemoved = await views.remove(view);
    if (isRemoved) onChange(noFilter, '');
    return isRemoved;
  };
  const saving: IndexFiltersProps['primaryAction'] = view.isOwn
    ? { type: 'save', onAction: async () => await save(view.id, view.name) }
    : { type: 'save-as', onAction: add };
  const rename = async (name: string) => await views.save({ id: view.id, name, filter: view.filter });
  return { add, rename, remove, ...(!isSame(kept, view.filter) && { saving }) };
}

/** The list's views, search and filters. Filters apply at once, a search once submitted or left. */
export function Filters(props: Props) {
  const { filter, view, views, onChange } = props;
  const format = useFormat();
  const own = useOwnViews(props);
  const [typed, setTyped] = useState(filter.q);
  const [isOpen, setOpen] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => setTyped(filter.q), [filter.q]);
  const applied = appliedOf(filter, format);
  const controls = filterControls(filter, applied, onChange);
  const isChanged = !isSame(filter, view.filter);
  useNamesOfClearing(form, applied);
  const search = () => {
    if (typed.trim() !== filter.q) onChange({ q: typed.trim() });
  };
  const select = ({ id, filter: chosen }: View) => {
    setTyped(chosen.q);
    onChange(chosen, id);
  };
  const clear = () => {
    setTyped('');
    onChange(noFilter, '');
  };
  const setMode = (mode: IndexFiltersMode) => {
    setOpen(mode === IndexFiltersMode.Filtering);
    // The button that was pressed is gone. The last one that is there now opens the filters again.
    if (mode === IndexFiltersMode.Default) {
      window.setTimeout(() => [...(form.current?.querySelectorAll('button') ?? [])].at(-1)?.focus(), 0);
    }
  };
  const tabs: IndexFiltersProps['tabs'] = views.views.map(({ id, name, isOwn }) => ({
    id: `view-${id}`,
    content: name,
    ...(isOwn && {
      actions: [
        { type: 'rename', onPrimaryAction: own.rename },
        { type: 'delete', onPrimaryAction: own.remove },
      ],
    }),
  }));
  return (
    <search aria-label={t('filters.label')}>
      <form
        ref={form}
        onSubmit={(event) => {
          event.preventDefault();
          // Not what was submitted in a dialog of ours.
          if (event.target === event.currentTarget) search();
        }}
        onBlur={({ target }) => {
          if (target instanceof HTMLInputElement && form.current?.contains(target)) search();
        }}
      >
        <IndexFilters
          // What only links set comes and goes with its filter, which Polaris asks for only once.
          key={controls
            .filter((each) => each.filter === null)
            .map(({ key }) => key)
            .join()}
          tabs={tabs}
          selected={views.views.findIndex(({ id }) => id === view.id)}
          onSelect={(index) => {
            const chosen = views.views[index];
            if (chosen) select(chosen);
          }}
          canCreateNewView
          onCreateNewView={own.add}
          mode={isChanged || isOpen ? IndexFiltersMode.Filtering : IndexFiltersMode.Default}
          setMode={setMode}
          autoFocusSearchField={isOpen}
          queryValue={typed}
          queryPlaceholder={t('filters.search')}
          onQueryChange={setTyped}
          onQueryClear={() => {
            setTyped('');
            onChange({ q: '' });
          }}
          filters={controls}
          appliedFilters={applied.map(({ key, label, without }) => ({ key, label, onRemove: () => onChange(without) }))}
          onClearAll={clear}
          cancelAction={{ onAction: () => select(view) }}
          {...(own.saving && { primaryAction: own.saving })}
          // Its shortcuts are single letters, and Escape in a dialog would take the filters off too.
          disableKeyboardShortcuts
          disableStickyMode
        />
      </form>
    </search>
  );
}
