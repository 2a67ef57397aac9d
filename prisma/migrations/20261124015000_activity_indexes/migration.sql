-- CreateIndex
CREATE INDEX "events_topic" ON "events"("shop_id", "topic", "received_at" DESC, "id" DESC, "state");

-- CreateIndex
CREATE INDEX "deliveries_retrying" ON "deliveries"("shop_id") WHERE (open AND (attempts > 0));
