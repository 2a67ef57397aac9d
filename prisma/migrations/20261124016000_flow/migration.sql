-- DropColumn: what Flow was told stands in flow_openings
ALTER TABLE "problems" DROP COLUMN "announced_at";

-- CreateTable
CREATE TABLE "flow_openings" (
    "shop_id" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "key" TEXT NOT NULL DEFAULT '',
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "next_try_at" TIMESTAMPTZ(3) NOT NULL,
    "told_at" TIMESTAMPTZ(3),

    CONSTRAINT "flow_openings_pkey" PRIMARY KEY ("shop_id","kind","key")
);

-- CreateIndex
CREATE INDEX "deliveries_opt_outs" ON "deliveries"("shop_id", "first_attempt_at") WHERE (open AND carries_opt_out);

-- AddForeignKey
ALTER TABLE "flow_openings" ADD CONSTRAINT "flow_openings_shop_id_fkey" FOREIGN KEY ("shop_id") REFERENCES "shops"("id") ON DELETE CASCADE ON UPDATE CASCADE;
