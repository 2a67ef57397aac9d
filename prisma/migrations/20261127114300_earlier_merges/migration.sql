-- Customers who were merged before merged and deleted were told apart are marked as deleted. Whom they were merged into stands in sealed
-- profiles, so the daily check of the ledger finds it, once a shop.
ALTER TABLE ledger_checks ADD COLUMN merges_known boolean NOT NULL DEFAULT false;
