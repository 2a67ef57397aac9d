/** Days after which an event that hasn't ended expires. */
export const EXPIRES_AFTER_DAYS = 90;
/** Days after which the overview announces that. */
export const ANNOUNCED_AFTER_DAYS = 76;

/** Days after which the rows themselves are deleted. extensions/customer-block says "12 months". */
export const ROWS_KEPT_DAYS = 365;
/** Entries of the audit log: as long as somebody may have to prove a choice. */
export const AUDIT_KEPT_DAYS = 6 * 365;
