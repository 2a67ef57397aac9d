-- Since when an import is paused. Of one that is paused already nobody knows.
ALTER TABLE "imports" ADD COLUMN "paused_at" TIMESTAMPTZ(3);
