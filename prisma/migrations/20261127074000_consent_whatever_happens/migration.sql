-- Merged into another customer is not deleted.
ALTER TABLE "people" ADD COLUMN     "merged_into" UUID;

-- Since when the person has had the address without another in between (null: since it was first seen).
ALTER TABLE "addresses" ADD COLUMN     "since_at" TIMESTAMPTZ(3);

-- Two clocks decide what is newer, and an order stays its customer's when it comes again without them.
ALTER TABLE "entity_states" ADD COLUMN     "handled_triggered_at" TIMESTAMPTZ(3),
ADD COLUMN     "person_id" UUID;

-- An opt-in that came without a date, and whether an event named the address it is about.
ALTER TABLE "consent_facts" ADD COLUMN     "heard_at" TIMESTAMPTZ(3),
ADD COLUMN     "named" BOOLEAN NOT NULL DEFAULT false;

-- The opt-outs that are held against what was told.
CREATE INDEX "consent_facts_opt_outs" ON "consent_facts"("shop_id", "id") WHERE (state = 'unsubscribed'::text);

-- How far a shop's ledger has been held against what was told.
CREATE TABLE "ledger_checks" (
    "shop_id" INTEGER NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "asked" INTEGER NOT NULL DEFAULT 0,
    "after_fact_id" UUID,

    CONSTRAINT "ledger_checks_pkey" PRIMARY KEY ("shop_id")
);
CREATE INDEX "ledger_checks_due_at_idx" ON "ledger_checks"("due_at");

-- Phone and post are about a person: what was told of an address that one person had is theirs from now on. Of an address that
-- several had nobody knows whom it was about: it counts as not told.
WITH moved AS (
  DELETE FROM told WHERE channel IN ('phone', 'postal') RETURNING *),
owned AS (
  SELECT DISTINCT ON (m.shop_id, m.channel, a.person_id) m.*, a.person_id
  FROM moved m JOIN addresses a ON a.shop_id = m.shop_id AND a.channel = m.channel AND a.address = m.address
  WHERE NOT EXISTS (SELECT 1 FROM addresses o WHERE o.shop_id = a.shop_id AND o.channel = a.channel
    AND o.address = a.address AND o.person_id <> a.person_id)
  ORDER BY m.shop_id, m.channel, a.person_id, m.accepted_at DESC NULLS LAST)
INSERT INTO told (shop_id, channel, address, account, accepted, accepted_at, unsettled, lists)
SELECT shop_id, channel, person_id::text, account, accepted, accepted_at, unsettled, lists FROM owned;
