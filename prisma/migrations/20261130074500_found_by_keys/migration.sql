-- An erasure and retention hold a shop's lock: they read what they are about, not all orders and decisions of the shop.
CREATE INDEX "entity_states_shop_id_person_id_idx" ON "entity_states"("shop_id", "person_id");
CREATE INDEX "consent_decisions_passing" ON "consent_decisions"("shop_id", "at") WHERE (decision <> 'told'::text);
