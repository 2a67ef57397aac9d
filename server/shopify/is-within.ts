/** Whether a field's dotted path is `whole` or a part of it, as `customer.tags` is of `customer`. */
export const isWithin = (path: string, whole: string): boolean => path === whole || path.startsWith(`${whole}.`);
