CREATE TABLE orders (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL,
  total INTEGER NOT NULL CHECK (total > 0),
  receipt TEXT
) STRICT;
