-- Retention holds a shop's lock: it reads which of that shop's problems were closed long ago, not everybody's.
CREATE INDEX "problems_shop_id_closed_at_idx" ON "problems"("shop_id", "closed_at");
