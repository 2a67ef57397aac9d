-- Since when the opt-out that a delivery carries has been due, where its event doesn't say. Of those that wait already it does.
ALTER TABLE "deliveries" ADD COLUMN "opt_out_since" TIMESTAMPTZ(3);
