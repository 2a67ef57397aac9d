-- The daily check looks at mapped tags, too: how far among the people it has come.
ALTER TABLE ledger_checks ADD COLUMN after_person text;
