/** On a narrow page cards reach from edge to edge; text outside of them keeps the distance that it has within. */
export const edge = { xs: '400', sm: '0' } as const;
