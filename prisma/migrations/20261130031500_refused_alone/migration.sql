-- A record that is refused like a GUID again and again, while others are accepted in between, is at fault itself: how often an
-- accepted record has ended the shop's connection problem, and how often it had by each refusal of a delivery.
ALTER TABLE "settings" ADD COLUMN     "recoveries" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "deliveries" ADD COLUMN     "refused_after" INTEGER[] NOT NULL DEFAULT ARRAY[]::INTEGER[];
