-- A hash tells its channel too. Without the channel in front, no plan reads all addresses of a shop's channel, whatever the planner
-- knows of a table that has grown since it was last analysed.
DROP INDEX "addresses_shop_id_channel_address_idx";
CREATE INDEX "addresses_shop_id_address_idx" ON "addresses"("shop_id", "address");
DROP INDEX "consent_facts_shop_id_channel_address_idx";
CREATE INDEX "consent_facts_shop_id_address_idx" ON "consent_facts"("shop_id", "address");

-- Each open delivery is in the indexes of its lanes and of its entity anyway, which find a shop's open ones as well.
DROP INDEX "deliveries_open";
