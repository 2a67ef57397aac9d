import { useEffect, useState } from 'react';

function withAncestors(element: Element | null): HTMLElement[] {
  const path: HTMLElement[] = [];
  for (let one = element; one && one !== document.body; one = one.parentElement) {
    if (one instanceof HTMLElement) path.push(one);
  }
  return path;
}

/**
 * Gives the focus back, when this is closed, to what had it when it was opened: Polaris leaves it nowhere. When that is gone,
 * because what was asked for is done, to what it stood in, so that the Tab key goes on from there.
 */
export function useReturnFocus(): void {
  const [path] = useState(() => withAncestors(document.activeElement));
  useEffect(
    () => () => {
      // After the dialog has let go of the focus that it holds.
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
