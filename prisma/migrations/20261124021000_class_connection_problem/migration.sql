-- The class of an attempt is called what its reason and a test record's outcome are called.
UPDATE "attempts" SET "class" = 'connection_problem' WHERE "class" = 'connection';
UPDATE "deliveries" SET "last_class" = 'connection_problem' WHERE "last_class" = 'connection';
