/** A moment within a sentence of the server, which the pages put into the shop's time zone: `2026-05-03 at 14:05 UTC`. */
export const writeMoment = (at: Date): string => at.toISOString().replace(/T(\d\d:\d\d).*/, ' at $1 UTC');
