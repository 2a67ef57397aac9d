-- A privacy request that could not be handled is on the privacy page as well, whatever its topic.
ALTER TABLE "privacy_requests" ADD COLUMN "failed" TEXT;

INSERT INTO "privacy_requests" ("id", "shop_id", "kind", "request_id", "received_at", "search", "failed")
SELECT e."id", e."shop_id", CASE e."topic" WHEN 'customers/data_request' THEN 'data_request' ELSE 'redact' END,
  e."webhook_id", e."received_at", '{}', e."topic"
FROM "events" e JOIN "shops" s ON s."id" = e."shop_id" AND s."erased_at" IS NULL
WHERE e."state" = 'attention' AND e."topic" IN ('customers/data_request', 'customers/redact', 'shop/redact')
ON CONFLICT ("id") DO NOTHING;
