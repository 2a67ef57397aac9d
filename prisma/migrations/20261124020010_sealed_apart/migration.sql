-- What is sealed does not get smaller: PostgreSQL need not try. And a delivery's state changes twice after it was opened, its contents
-- once: kept apart (in the table's TOAST), they are not written again with each change.
ALTER TABLE "deliveries" ALTER COLUMN "subject" SET STORAGE EXTERNAL, ALTER COLUMN "payload" SET STORAGE EXTERNAL;
ALTER TABLE "deliveries" SET (toast_tuple_target = 256);
ALTER TABLE "events" ALTER COLUMN "body" SET STORAGE EXTERNAL;
ALTER TABLE "people" ALTER COLUMN "profile" SET STORAGE EXTERNAL;

-- Room on each page for the second version of a row, which then needs no new entry in the indexes.
ALTER TABLE "attempts" SET (fillfactor = 60);
ALTER TABLE "entity_states" SET (fillfactor = 60);
