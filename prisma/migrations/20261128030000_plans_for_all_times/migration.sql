-- How many deliveries are open, and how many events wait, changes by the second. Statistics that happen to be taken while none are make
-- a partial index look empty, so that a plan reads all of it in place of looking up keys, until the next statistics. Without any,
-- PostgreSQL assumes the same at all times. A change of type, even to the same one, drops those that were taken.
ALTER TABLE "deliveries" ALTER COLUMN "open" SET STATISTICS 0, ALTER COLUMN "lease_until" SET STATISTICS 0;
ALTER TABLE "deliveries" ALTER COLUMN "open" TYPE BOOLEAN, ALTER COLUMN "lease_until" TYPE TIMESTAMPTZ(3);
ALTER TABLE "events" ALTER COLUMN "state" SET STATISTICS 0;
ALTER TABLE "events" ALTER COLUMN "state" TYPE TEXT;
