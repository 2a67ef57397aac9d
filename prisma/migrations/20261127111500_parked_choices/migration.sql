-- What a parked event says of a choice whose address is not known yet: it may hold back an older opt-in.
ALTER TABLE parked_events ADD COLUMN channel text, ADD COLUMN said_at timestamptz(3);
