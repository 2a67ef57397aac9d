-- When each shop's silence was last looked into, and when it is next.
CREATE TABLE "silences" (
    "shop_id" INTEGER NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "since" TIMESTAMPTZ(3),
    "looked_at" TIMESTAMPTZ(3),
    "missed" INTEGER,

    CONSTRAINT "silences_pkey" PRIMARY KEY ("shop_id")
);

ALTER TABLE "silences" ADD CONSTRAINT "silences_shop_id_fkey" FOREIGN KEY ("shop_id") REFERENCES "shops"("id") ON DELETE CASCADE ON UPDATE CASCADE;
