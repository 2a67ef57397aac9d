-- Nothing reads it: it isn't written any more, and is dropped once no version that writes it runs beside another.
ALTER TABLE "settings" ALTER COLUMN "updated_at" DROP NOT NULL;
