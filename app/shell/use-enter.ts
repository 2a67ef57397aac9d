import { useEffect, useId, useRef } from 'react';

const OF_COMPOSITION = 229;

/**
 * Gives one field an Enter that does something of its own instead of saving its form. Polaris has no
 * handler for it, so the field itself gets a listener. An Enter that only ends what is being
 * composed, as when Japanese is typed, is left alone.
 * @param onEnter whether it did something @returns the field's id
 */
export function useEnter(onEnter: () => boolean): string {
  const id = useId();
  const latest = useRef(onEnter);
  latest.current = onEnter;
  useEffect(() => {
    const field = document.getElementById(id);
    const listen = (event: KeyboardEvent) => {
      // Safari ends the composition first, and says only by its number that the key belongs to it
      // (https://bugs.webkit.org/show_bug.cgi?id=165004).
      const composes = event.isComposing || event.keyCode === OF_COMPOSITION;
      if (event.key === 'Enter' && !composes && latest.current()) event.preventDefault();
    };
    field?.addEventListener('keydown', listen);
    return () => field?.removeEventListener('keydown', listen);
  }, [id]);
  return id;
}
