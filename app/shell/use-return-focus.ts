import { useEffect, useState } from 'react';

/** Gives the focus back, when this is closed, to what had it when it was opened: Polaris leaves it nowhere. */
export function useReturnFocus(): void {
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      // After the dialog has let go of the focus that it holds.
      window.setTimeout(() => {
        if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
      }, 0);
    },
    [opener],
  );
}
