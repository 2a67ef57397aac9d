-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "shops" (
    "id" SERIAL NOT NULL,
    "domain" TEXT NOT NULL,
    "wrapped_key" BYTEA,
    "wrap_key_id" TEXT,
    "first_call_at" TIMESTAMPTZ(3),
    "last_call_at" TIMESTAMPTZ(3),
    "first_webhook_at" TIMESTAMPTZ(3),
    "last_webhook_at" TIMESTAMPTZ(3),
    "uninstalled_at" TIMESTAMPTZ(3),
    "facts" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "shops_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "settings" (
    "shop_id" INTEGER NOT NULL,
    "document" JSONB NOT NULL,
    "guid" BYTEA,
    "guid_last4" TEXT,
    "account" INTEGER NOT NULL DEFAULT 1,
    "account_since" TIMESTAMPTZ(3),
    "problem_since" TIMESTAMPTZ(3),
    "problem_error" TEXT,
    "probe_at" TIMESTAMPTZ(3),
    "breaker" JSONB,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "settings_pkey" PRIMARY KEY ("shop_id")
);

-- CreateTable
CREATE TABLE "setting_changes" (
    "id" UUID NOT NULL,
    "shop_id" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "who" TEXT NOT NULL,
    "field" TEXT NOT NULL,
    "old_value" TEXT,
    "new_value" TEXT,

    CONSTRAINT "setting_changes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "events" (
    "id" UUID NOT NULL,
    "shop_id" INTEGER NOT NULL,
    "webhook_id" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "source" TEXT NOT NULL DEFAULT 'webhook',
    "shopify_event_id" TEXT,
    "api_version" TEXT,
    "triggered_at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "body" BYTEA,
    "state" TEXT NOT NULL DEFAULT 'received',
    "reason" TEXT,
    "detail" TEXT,
    "summary" BYTEA,
    "search" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "entity" TEXT,
    "merged_into" UUID,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "deliveries" (
    "id" UUID NOT NULL,
    "shop_id" INTEGER NOT NULL,
    "event_id" UUID NOT NULL,
    "seq" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "entity" TEXT,
    "person_id" UUID,
    "email_lane" TEXT,
    "phone_lane" TEXT,
    "subject" BYTEA,
    "open" BOOLEAN NOT NULL DEFAULT true,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "first_attempt_at" TIMESTAMPTZ(3),
    "last_class" TEXT,
    "carries_opt_out" BOOLEAN NOT NULL DEFAULT false,
    "again" BOOLEAN NOT NULL DEFAULT false,
    "reassert" BOOLEAN NOT NULL DEFAULT false,
    "lease_until" TIMESTAMPTZ(3),
    "fence" INTEGER NOT NULL DEFAULT 0,
    "payload" BYTEA,
    "content_hash" TEXT,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "attempts" (
    "id" UUID NOT NULL,
    "shop_id" INTEGER NOT NULL,
    "delivery_id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "class" TEXT,
    "status" INTEGER,
    "ms" INTEGER,
    "error" TEXT,
    "flags" JSONB NOT NULL DEFAULT '{}',
    "excerpt" BYTEA,

    CONSTRAINT "attempts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "people" (
    "id" UUID NOT NULL,
    "shop_id" INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    "profile" BYTEA,
    "profile_at" TIMESTAMPTZ(3),
    "seen_at" TIMESTAMPTZ(3) NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),

    CONSTRAINT "people_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "addresses" (
    "shop_id" INTEGER NOT NULL,
    "person_id" UUID NOT NULL,
    "channel" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "written" BYTEA,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "addresses_pkey" PRIMARY KEY ("shop_id","person_id","channel","address")
);

-- CreateTable
CREATE TABLE "consent_facts" (
    "id" UUID NOT NULL,
    "shop_id" INTEGER NOT NULL,
    "channel" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "person_id" UUID,
    "state" TEXT,
    "level" TEXT,
    "chosen_at" TIMESTAMPTZ(3),
    "source" TEXT NOT NULL,
    "event_id" UUID,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "consent_facts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "told" (
    "shop_id" INTEGER NOT NULL,
    "channel" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "account" INTEGER NOT NULL,
    "accepted" BOOLEAN,
    "accepted_at" TIMESTAMPTZ(3),
    "unsettled" JSONB NOT NULL DEFAULT '[]',
    "lists" TEXT,

    CONSTRAINT "told_pkey" PRIMARY KEY ("shop_id","channel","address")
);

-- CreateTable
CREATE TABLE "consent_decisions" (
    "id" UUID NOT NULL,
    "shop_id" INTEGER NOT NULL,
    "channel" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "decision" TEXT NOT NULL,
    "value" BOOLEAN,
    "reason" TEXT NOT NULL,
    "fact_id" UUID,
    "event_id" UUID,
    "attempt_id" UUID,

    CONSTRAINT "consent_decisions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "redactions" (
    "shop_id" INTEGER NOT NULL,
    "person" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "redactions_pkey" PRIMARY KEY ("shop_id","person")
);

-- CreateTable
CREATE TABLE "entity_states" (
    "shop_id" INTEGER NOT NULL,
    "entity" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "handled_at" TIMESTAMPTZ(3),
    "latest_event_id" UUID,
    "accepted_hash" TEXT,
    "account" INTEGER,
    "accepted_at" TIMESTAMPTZ(3),

    CONSTRAINT "entity_states_pkey" PRIMARY KEY ("shop_id","entity")
);

-- CreateIndex
CREATE UNIQUE INDEX "shops_domain_key" ON "shops"("domain");

-- CreateIndex
CREATE INDEX "setting_changes_shop_id_at_idx" ON "setting_changes"("shop_id", "at" DESC);

-- CreateIndex
CREATE INDEX "events_shop_id_received_at_id_idx" ON "events"("shop_id", "received_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "events_shop_id_state_received_at_id_idx" ON "events"("shop_id", "state", "received_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "events_received" ON "events"("shop_id", "id") WHERE (state = 'received');

-- CreateIndex
CREATE INDEX "events_search_idx" ON "events" USING GIN ("search");

-- CreateIndex
CREATE UNIQUE INDEX "events_shop_id_webhook_id_key" ON "events"("shop_id", "webhook_id");

-- CreateIndex
CREATE UNIQUE INDEX "deliveries_event_id_key" ON "deliveries"("event_id");

-- CreateIndex
CREATE INDEX "deliveries_due" ON "deliveries"("shop_id", "due_at", "seq") WHERE (open AND lease_until IS NULL);

-- CreateIndex
CREATE INDEX "deliveries_open" ON "deliveries"("shop_id", "seq") WHERE (open);

-- CreateIndex
CREATE INDEX "deliveries_email_lane" ON "deliveries"("shop_id", "email_lane", "seq") WHERE (open);

-- CreateIndex
CREATE INDEX "deliveries_phone_lane" ON "deliveries"("shop_id", "phone_lane", "seq") WHERE (open);

-- CreateIndex
CREATE INDEX "deliveries_open_entity" ON "deliveries"("shop_id", "entity") WHERE (open);

-- CreateIndex
CREATE INDEX "deliveries_leased" ON "deliveries"("lease_until") WHERE (lease_until IS NOT NULL);

-- CreateIndex
CREATE INDEX "deliveries_shop_id_person_id_idx" ON "deliveries"("shop_id", "person_id");

-- CreateIndex
CREATE INDEX "attempts_delivery_id_at_idx" ON "attempts"("delivery_id", "at");

-- CreateIndex
CREATE UNIQUE INDEX "people_shop_id_key_key" ON "people"("shop_id", "key");

-- CreateIndex
CREATE INDEX "addresses_shop_id_channel_address_idx" ON "addresses"("shop_id", "channel", "address");

-- CreateIndex
CREATE INDEX "consent_facts_shop_id_channel_address_idx" ON "consent_facts"("shop_id", "channel", "address");

-- CreateIndex
CREATE INDEX "consent_decisions_shop_id_channel_address_at_idx" ON "consent_decisions"("shop_id", "channel", "address", "at");

-- AddForeignKey
ALTER TABLE "settings" ADD CONSTRAINT "settings_shop_id_fkey" FOREIGN KEY ("shop_id") REFERENCES "shops"("id") ON DELETE CASCADE ON UPDATE CASCADE;

