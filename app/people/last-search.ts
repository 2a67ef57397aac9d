import { withQuery } from '../api.ts';

/**
 * Where the search was left, so that a person's page can lead back to it. Lives as long as the
 * document.
 */
let left = '/people';

export const lastSearch = (): string => left;

export function noteSearch(q: string): void {
  left = withQuery('/people', { q });
}
