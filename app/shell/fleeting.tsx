import { type ReactNode, useLayoutEffect, useRef } from 'react';

/**
 * What may go away by what is done in it, as a card with a button that hides it. If it had focus,
 * focus goes to what stands beside it, so that keyboard and screen readers continue there.
 */
export function Fleeting({ children }: { children: ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const here = box.current;
    return () => {
      const beside = here?.nextElementSibling ?? here?.previousElementSibling;
      if (!here?.contains(document.activeElement) || !(beside instanceof HTMLElement)) return;
      beside.tabIndex = -1;
      beside.focus({ preventScroll: true });
    };
  }, []);
  return <div ref={box}>{children}</div>;
}
