-- AlterTable
ALTER TABLE "deliveries" ADD COLUMN     "reading" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "people" ADD COLUMN     "read_asks" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "read_due_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "parked_events" (
    "event_id" UUID NOT NULL,
    "shop_id" INTEGER NOT NULL,
    "person_id" UUID,

    CONSTRAINT "parked_events_pkey" PRIMARY KEY ("event_id")
);

-- CreateIndex
CREATE INDEX "parked_events_shop_id_person_id_idx" ON "parked_events"("shop_id", "person_id");

-- CreateIndex
CREATE INDEX "people_to_read" ON "people"("shop_id", "read_due_at") WHERE (read_due_at IS NOT NULL);
