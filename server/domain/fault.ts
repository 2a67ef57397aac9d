/** One fault of what was sent. `field` is its dotted path, empty when it is about the whole. */
export type Fault = { field: string; message: string };
