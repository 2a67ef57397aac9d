import type { ReactNode } from 'react';

/**
 * A field whose Enter does something of its own instead of saving its form.
 * @param onEnter whether it did
 */
export function OnEnter({ onEnter, children }: { onEnter: () => boolean; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Enter bubbles up from the field, Polaris has no handler for it
    <div
      onKeyDown={(event) => {
        if (event.key === 'Enter' && onEnter()) event.preventDefault();
      }}
    >
      {children}
    </div>
  );
}
