import { showToast } from '../app-bridge.ts';
import { textAt } from '../texts.ts';

/** Copies a text to the clipboard, and says so, or that the admin's frame doesn't allow it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    showToast(textAt('common.copied'));
    return true;
  } catch {
    showToast(textAt('common.notCopied'));
    return false;
  }
}
