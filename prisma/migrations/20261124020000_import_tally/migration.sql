-- AlterTable
ALTER TABLE "imports" ADD COLUMN     "settled" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "settled_to" UUID;
