-- Format 2: a hash of every row (row_hashes.rs), because the engine's pages carry no checksum.

CREATE TABLE row_hashes (
    of_table TEXT NOT NULL,
    -- The row's key in its table, of whatever type it has there.
    of_key   ANY  NOT NULL,
    hash     BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (of_table, of_key)
) STRICT, WITHOUT ROWID;
