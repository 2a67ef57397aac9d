import { type RefObject, useEffect } from 'react';
import { textsOf } from '../texts.ts';
import type { Applied } from './applied.ts';

const t = textsOf('activity.filters');

/**
 * Polaris calls each filter's × the same, whatever it takes off: here each gets a name of its own.
 * Filters come and go inside Polaris, so the names are given whenever something changes there.
 */
export function useNamesOfClearing(place: RefObject<HTMLElement | null>, applied: readonly Applied[]): void {
  const labels = applied.map(({ label }) => label).join('\n');
  useEffect(() => {
    const root = place.current;
    if (!root) return;
    const shown = new Set(labels.split('\n'));
    const name = () => {
      for (const cross of root.querySelectorAll('button[aria-label] + button[aria-label]')) {
        const label = cross.previousElementSibling?.getAttribute('aria-label') ?? '';
        if (shown.has(label)) cross.setAttribute('aria-label', t('takeOff', { filter: label }));
      }
    };
    name();
    const observer = new MutationObserver(name);
    observer.observe(root, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, [place, labels]);
}
