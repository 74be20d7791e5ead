-- Format 5: meetings, by whose links people without an account come in, and who of them is there.

CREATE TABLE meetings (
    meeting_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Of what the link ends with.
    token_hash  BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    room_id     TEXT    NOT NULL,
    title       TEXT    NOT NULL,
    made_by     TEXT    NOT NULL REFERENCES accounts (user_id),
    -- PHC string; NULL when no PIN is asked for.
    pin_hash    TEXT,
    -- Whether somebody in the room lets each guest in.
    lobby       INTEGER NOT NULL CHECK (lobby IN (0, 1)),
    -- At one time.
    guests_max  INTEGER NOT NULL CHECK (guests_max > 0),
    created_ms  INTEGER NOT NULL,
    expires_ms  INTEGER NOT NULL,
    -- When somebody has ended it, or it was over by itself.
    ended_ms    INTEGER
) STRICT;
CREATE INDEX meetings_by_room ON meetings (room_id);

-- A row for each guest's account that is in use.
CREATE TABLE guests (
    user_id    TEXT    NOT NULL PRIMARY KEY REFERENCES accounts (user_id),
    meeting_id INTEGER NOT NULL REFERENCES meetings (meeting_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX guests_by_meeting ON guests (meeting_id);
