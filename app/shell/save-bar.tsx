import { createElement, useEffect } from 'react';
import { appBridge } from '../app-bridge.ts';
import { askBeforeBack } from '../location.ts';
import { textAt } from '../texts.ts';

type Props = { id: string; dirty: boolean; saving: boolean; onSave: () => void; onDiscard: () => void };

/**
 * The admin's contextual save bar, through App Bridge's `ui-save-bar`: shown while something is
 * unsaved. As long as it is, the admin asks before leaving the page, and so do Back and Forward.
 */
export function SaveBar({ id, dirty, saving, onSave, onDiscard }: Props) {
  useEffect(() => {
    if (!dirty) return;
    void appBridge()?.saveBar.show(id);
    // The browser itself may reload the frame, which no save bar sees.
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', warn);
    const endAsking = askBeforeBack();
    return () => {
      endAsking();
      void appBridge()?.saveBar.hide(id);
      window.removeEventListener('beforeunload', warn);
    };
  }, [dirty, id]);

  return createElement(
    'ui-save-bar',
    { id },
    createElement(
      'button',
      { type: 'button', variant: 'primary', loading: saving ? '' : undefined, onClick: onSave },
      textAt('common.save'),
    ),
    createElement('button', { type: 'button', onClick: onDiscard }, textAt('common.discard')),
  );
}
