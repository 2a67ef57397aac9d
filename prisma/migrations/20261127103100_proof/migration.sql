-- When Ascent360 first and last accepted something under the saved GUID, and whether the merchant found it there.
ALTER TABLE "settings" ADD COLUMN     "proven_since" TIMESTAMPTZ(3),
ADD COLUMN     "proven_at" TIMESTAMPTZ(3),
ADD COLUMN     "seen" TEXT,
ADD COLUMN     "seen_at" TIMESTAMPTZ(3);
