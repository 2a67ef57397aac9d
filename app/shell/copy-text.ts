import { showToast } from '../app-bridge.ts';
import { textAt } from '../texts.ts';

/**
 * Copies a text to the clipboard, and says so, or that the admin's frame doesn't allow it. @param
 * copied the confirmation
 */
export async function copyText(text: string, copied: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    showToast(copied);
    return true;
  } catch {
    showToast(textAt('common.notCopied'));
    return false;
  }
}
