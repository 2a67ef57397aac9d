/**
 * On a narrow page cards reach from edge to edge; text outside them keeps the same margin as
 * inside.
 */
export const edge = { xs: '400', sm: '0' } as const;
