const DAY = 24 * 3_600_000;
/** Laws give 10 business days to honour an opt-out: one that is not told after so long, whatever holds it, has to be seen. */
export const OPT_OUT_LATE = 3 * DAY;
