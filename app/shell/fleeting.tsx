import { type ReactNode, useLayoutEffect, useRef } from 'react';

/**
 * Something that an action inside it may remove, such as a card with a button that hides it. If it had
 * focus, focus moves to what is beside it, so that keyboard and screen readers continue there.
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
