-- A delivery's row is written twice: when it is opened and when it ends. Its page has room for both, so that the end changes no
-- other page: beside a backlog that would be an old one, which PostgreSQL reads and, after a checkpoint, logs whole.
ALTER TABLE "deliveries" SET (fillfactor = 60);
