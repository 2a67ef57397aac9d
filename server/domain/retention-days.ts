/** Days after which what has not ended expires, and from which on the overview announces it. */
export const EXPIRES_AFTER_DAYS = 90;

export const ANNOUNCED_AFTER_DAYS = 76;

/** Days after which the rows themselves go: the longest window of any page is 30 days. */
export const ROWS_KEPT_DAYS = 365;
