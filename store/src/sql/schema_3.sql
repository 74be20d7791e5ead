-- Format 3: who owns the server, what each administrator may do, what else somebody shows, and what happened on each day.

ALTER TABLE accounts ADD COLUMN owner INTEGER NOT NULL DEFAULT 0 CHECK (owner IN (0, 1));
-- Of an administrator: words with spaces between them; NULL for one who may do everything.
ALTER TABLE accounts ADD COLUMN grants TEXT;

-- A row for each day that the server ran, for the console's pictures. Days are counted from 1970-01-01, UTC.
CREATE TABLE days (
    day              INTEGER NOT NULL PRIMARY KEY,
    messages         INTEGER NOT NULL CHECK (messages >= 0),
    -- Accounts that were there at all on that day, as far as was seen at one time.
    people           INTEGER NOT NULL CHECK (people >= 0),
    disk_used_bytes  INTEGER NOT NULL CHECK (disk_used_bytes >= 0),
    disk_total_bytes INTEGER NOT NULL CHECK (disk_total_bytes >= 0)
) STRICT;

-- Rooms that an administrator has closed for good. Emptying one is work for the owner of conversations.
CREATE TABLE closed_rooms (
    room_id    TEXT    NOT NULL PRIMARY KEY,
    closed_ms  INTEGER NOT NULL,
    closed_by  TEXT    NOT NULL,
    -- Nobody is in it any more.
    emptied    INTEGER NOT NULL DEFAULT 0 CHECK (emptied IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Secrets of authenticator apps (RFC 6238).
CREATE TABLE second_factors (
    user_id   TEXT    NOT NULL PRIMARY KEY REFERENCES accounts (user_id),
    secret    BLOB    NOT NULL CHECK (length(secret) = 20),
    -- NULL: offered, and no code of it was shown yet.
    since_ms  INTEGER,
    -- The last half minute since 1970 whose code was taken: none is taken twice.
    last_step INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
