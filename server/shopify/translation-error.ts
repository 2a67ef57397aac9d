/** A body that lacks what its topic is about. The message names the field, never its content. */
export class TranslationError extends Error {
  override readonly name = 'TranslationError';
}
