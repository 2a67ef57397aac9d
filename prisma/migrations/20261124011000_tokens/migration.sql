-- CreateTable
CREATE TABLE "admin_tokens" (
    "shop_id" INTEGER NOT NULL,
    "pair" BYTEA,
    "scopes" TEXT NOT NULL DEFAULT '',
    "version" INTEGER NOT NULL DEFAULT 0,
    "exchanged_at" TIMESTAMPTZ(3),
    "renewed_at" TIMESTAMPTZ(3),
    "access_expires_at" TIMESTAMPTZ(3),
    "refresh_expires_at" TIMESTAMPTZ(3),
    "refused_at" TIMESTAMPTZ(3),
    "failure" TEXT,
    "rest_until" TIMESTAMPTZ(3),
    "facts_at" TIMESTAMPTZ(3),
    "lease_owner" UUID,
    "lease_until" TIMESTAMPTZ(3),

    CONSTRAINT "admin_tokens_pkey" PRIMARY KEY ("shop_id")
);

-- AddForeignKey
ALTER TABLE "admin_tokens" ADD CONSTRAINT "admin_tokens_shop_id_fkey" FOREIGN KEY ("shop_id") REFERENCES "shops"("id") ON DELETE CASCADE ON UPDATE CASCADE;
