-- AlterTable
ALTER TABLE "imports" ADD COLUMN     "denied" TEXT[] DEFAULT ARRAY[]::TEXT[];

-- AlterTable
ALTER TABLE "reconciliations" ADD COLUMN     "begun_at" TIMESTAMPTZ(3),
ADD COLUMN     "denied" TEXT[] DEFAULT ARRAY[]::TEXT[];
