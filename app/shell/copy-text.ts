import { showToast } from '../app-bridge.ts';
import { textAt } from '../texts.ts';

/** Puts a text where it can be pasted from, and says so, or that the admin's frame does not let us. @param copied what is said */
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
