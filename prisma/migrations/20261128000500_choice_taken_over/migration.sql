-- Whether a delivery brings a new choice: the one that takes its place then brings it, too. Until now
-- only its sealed subject said so.
ALTER TABLE "deliveries" ADD COLUMN "choice" BOOLEAN NOT NULL DEFAULT false;
