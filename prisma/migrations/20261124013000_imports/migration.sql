-- AlterTable
ALTER TABLE "events" ADD COLUMN     "import_id" UUID;

-- CreateTable
CREATE TABLE "imports" (
    "id" UUID NOT NULL,
    "shop_id" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'counting',
    "message" TEXT NOT NULL DEFAULT '',
    "from_at" TIMESTAMPTZ(3),
    "segment_id" TEXT,
    "listed" BOOLEAN NOT NULL DEFAULT false,
    "operation_id" TEXT,
    "file_size" BIGINT,
    "read_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3),
    "url" BYTEA,
    "metafields" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "list_cursor" TEXT,
    "count_line" INTEGER NOT NULL DEFAULT 0,
    "count_offset" BIGINT NOT NULL DEFAULT 0,
    "feed_line" INTEGER NOT NULL DEFAULT 0,
    "feed_offset" BIGINT NOT NULL DEFAULT 0,
    "fed" INTEGER NOT NULL DEFAULT 0,
    "fed_at" TIMESTAMPTZ(3),
    "counted" JSONB NOT NULL DEFAULT '{}',
    "told" JSONB NOT NULL DEFAULT '{}',
    "told_stale" BOOLEAN NOT NULL DEFAULT false,
    "total" INTEGER,
    "rate" DOUBLE PRECISION,
    "rate_at" TIMESTAMPTZ(3),
    "rate_done" INTEGER NOT NULL DEFAULT 0,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "imports_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "import_pages" (
    "import_id" UUID NOT NULL,
    "shop_id" INTEGER NOT NULL,
    "page" INTEGER NOT NULL,
    "ids" BYTEA NOT NULL,

    CONSTRAINT "import_pages_pkey" PRIMARY KEY ("import_id","page")
);

-- CreateTable
CREATE TABLE "import_met" (
    "import_id" UUID NOT NULL,
    "shop_id" INTEGER NOT NULL,
    "what" TEXT NOT NULL,
    "address" TEXT NOT NULL,

    CONSTRAINT "import_met_pkey" PRIMARY KEY ("import_id","what","address")
);

-- CreateTable
CREATE TABLE "reconciliations" (
    "shop_id" INTEGER NOT NULL,
    "orders_until" TIMESTAMPTZ(3),
    "customers_until" TIMESTAMPTZ(3),
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "consent_due_at" TIMESTAMPTZ(3) NOT NULL,
    "operation_id" TEXT,
    "file_size" BIGINT,
    "read_at" TIMESTAMPTZ(3),
    "url" BYTEA,
    "line" INTEGER NOT NULL DEFAULT 0,
    "offset" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "reconciliations_pkey" PRIMARY KEY ("shop_id")
);

-- CreateTable
CREATE TABLE "heartbeats" (
    "part" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "heartbeats_pkey" PRIMARY KEY ("part")
);

-- CreateIndex
CREATE INDEX "imports_shop_id_created_at_idx" ON "imports"("shop_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "imports_due" ON "imports"("due_at") WHERE (state = ANY (ARRAY['counting'::text, 'counted'::text, 'running'::text]) OR told_stale);

-- CreateIndex
CREATE UNIQUE INDEX "imports_active" ON "imports"("shop_id", "kind") WHERE (state = ANY (ARRAY['counting'::text, 'running'::text, 'paused'::text]));

-- CreateIndex
CREATE INDEX "events_import" ON "events"("import_id", "state", "reason") WHERE (import_id IS NOT NULL);

-- CreateIndex
CREATE INDEX "events_merged_into" ON "events"("merged_into") WHERE (merged_into IS NOT NULL);
