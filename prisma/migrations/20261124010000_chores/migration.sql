-- CreateTable
CREATE TABLE "chore_leases" (
    "shop_id" INTEGER NOT NULL,
    "chore" TEXT NOT NULL,
    "owner" UUID NOT NULL,
    "lease_until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "chore_leases_pkey" PRIMARY KEY ("shop_id","chore")
);

-- CreateTable
CREATE TABLE "problems" (
    "id" UUID NOT NULL,
    "shop_id" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "key" TEXT NOT NULL DEFAULT '',
    "count" INTEGER NOT NULL DEFAULT 1,
    "detail" JSONB NOT NULL DEFAULT '{}',
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),
    "announced_at" TIMESTAMPTZ(3),

    CONSTRAINT "problems_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "problems_open" ON "problems"("shop_id", "kind", "key") WHERE (closed_at IS NULL);
