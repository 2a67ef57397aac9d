import { createElement, useEffect, useRef } from 'react';
import { appBridge } from '../app-bridge.ts';
import { askBeforeBack } from '../location.ts';
import { textAt } from '../texts.ts';

type Props = { id: string; dirty: boolean; saving: boolean; onSave: () => void; onDiscard: () => void };

/**
 * The admin's contextual save bar, through App Bridge's `ui-save-bar`: shown while something is
 * unsaved. As long as it is, the admin asks before leaving the page, and so do Back and Forward. React 18 doesn't support
 * events of custom elements, so the buttons have listeners added by hand.
 */
export function SaveBar({ id, dirty, saving, onSave, onDiscard }: Props) {
  const save = useRef<HTMLButtonElement>(null);
  const discard = useRef<HTMLButtonElement>(null);
  const handlers = useRef({ onSave, onDiscard });
  handlers.current = { onSave, onDiscard };

  useEffect(() => {
    const onSaveClick = () => handlers.current.onSave();
    const onDiscardClick = () => handlers.current.onDiscard();
    const [saveButton, discardButton] = [save.current, discard.current];
    saveButton?.addEventListener('click', onSaveClick);
    discardButton?.addEventListener('click', onDiscardClick);
    return () => {
      saveButton?.removeEventListener('click', onSaveClick);
      discardButton?.removeEventListener('click', onDiscardClick);
    };
  }, []);

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

  useEffect(() => {
    if (saving) save.current?.setAttribute('loading', '');
    else save.current?.removeAttribute('loading');
  }, [saving]);

  return createElement(
    'ui-save-bar',
    { id },
    createElement('button', { ref: save, type: 'button', variant: 'primary' }, textAt('common.save')),
    createElement('button', { ref: discard, type: 'button' }, textAt('common.discard')),
  );
}
