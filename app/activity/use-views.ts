import { useState } from 'react';
import { useShop } from '../shell/shop.tsx';
import { textsOf } from '../texts.ts';
import { stateName } from './applied.ts';
import { noFilter } from './filter.ts';
import { loadViews, saveViews, standardViews, type View, type Views } from './views.ts';

const t = textsOf('activity.views');

/** The views of one's own, or null if this browser keeps nothing for the app. */
function loadOwn(shop: string): View[] | null {
  try {
    return loadViews(window.localStorage, shop);
  } catch {
    return null;
  }
}

/**
 * The standard views and those saved in this browser: the server has no place for them.
 * `change`: null if the browser keeps nothing.
 */
export function useViews() {
  const { domain } = useShop();
  const [own, setOwn] = useState(() => loadOwn(domain));
  const views: Views = [
    { id: 'all', name: t('all'), filter: noFilter, isOwn: false },
    ...standardViews.map(({ id, filter }) => ({ id, name: stateName(id), filter, isOwn: false })),
    ...(own ?? []),
  ];
  /** Whether the changed views were saved. Another tab may have saved others meanwhile. */
  const change = (changed: (views: readonly View[]) => View[]): boolean => {
    const next = changed(loadOwn(domain) ?? []);
    try {
      saveViews(window.localStorage, domain, next);
    } catch {
      return false;
    }
    setOwn(next);
    return true;
  };
  return { views, change: own === null ? null : change };
}
