-- The audit log: a chain of entries per shop.
CREATE TABLE "audit_chain" (
    "shop_id" INTEGER NOT NULL,
    "seq" BIGINT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "lines" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,

    CONSTRAINT "audit_chain_pkey" PRIMARY KEY ("shop_id","seq")
);
