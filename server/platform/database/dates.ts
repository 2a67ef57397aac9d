/** A moment, in milliseconds since 1970, as a column has it, and back. */
export const dateOf = (at: number | null | undefined): Date | null => (at == null ? null : new Date(at));
export const instantOf = (date: Date | null | undefined): number | null => date?.getTime() ?? null;
