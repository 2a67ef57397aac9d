-- An erasure and retention hold a shop's lock: they read what they are about, not all orders and decisions of the shop.
-- The first doesn't begin with the shop, or a plan made while the table is small would look for an order by its shop.
CREATE INDEX "entity_states_person_id_idx" ON "entity_states"("person_id");
CREATE INDEX "consent_decisions_passing" ON "consent_decisions"("shop_id", "at") WHERE (decision <> 'told'::text);
