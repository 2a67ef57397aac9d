import { useEffect, useState } from 'react';

function withAncestors(element: Element | null): HTMLElement[] {
  const path: HTMLElement[] = [];
  for (let one = element; one && one !== document.body; one = one.parentElement) {
    if (one instanceof HTMLElement) path.push(one);
  }
  return path;
}

/**
 * When this closes, returns focus to the element that had it when it opened: Polaris leaves it
 * nowhere. If that element is gone because the question was answered, focus goes to what contained
 * it, so that the Tab key continues from there.
 */
export function useReturnFocus(): void {
  const [path] = useState(() => withAncestors(document.activeElement));
  useEffect(
    () => () => {
      // After the dialog has released the focus it traps.
      window.setTimeout(() => {
        const left = path.find(({ isConnected, textContent }) => isConnected && textContent);
        if (!left) return;
        if (left !== path[0] && !left.hasAttribute('tabindex')) left.tabIndex = -1;
        left.focus();
      }, 0);
    },
    [path],
  );
}
