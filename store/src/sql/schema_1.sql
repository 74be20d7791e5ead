-- Format 1. Times are milliseconds since 1970 on the wall clock; hashes are SHA-256.

CREATE TABLE accounts (
    user_id        TEXT    NOT NULL PRIMARY KEY,
    kind           TEXT    NOT NULL CHECK (kind IN ('user', 'guest')),
    -- PHC string; NULL when no password opens this account.
    password_hash  TEXT,
    admin          INTEGER NOT NULL CHECK (admin IN (0, 1)),
    created_ms     INTEGER NOT NULL,
    deactivated_ms INTEGER,
    erased         INTEGER NOT NULL DEFAULT 0 CHECK (erased IN (0, 1)),
    locked         INTEGER NOT NULL DEFAULT 0 CHECK (locked IN (0, 1)),
    suspended      INTEGER NOT NULL DEFAULT 0 CHECK (suspended IN (0, 1))
) STRICT, WITHOUT ROWID;

-- A session is a device that is signed in. Its id is never used again, also not for the same device.
CREATE TABLE sessions (
    session_id            INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id               TEXT    NOT NULL REFERENCES accounts (user_id),
    device_id             TEXT    NOT NULL,
    display_name          TEXT,
    created_ms            INTEGER NOT NULL,
    access_hash           BLOB    NOT NULL UNIQUE CHECK (length(access_hash) = 32),
    access_expires_ms     INTEGER,
    refresh_hash          BLOB    UNIQUE CHECK (length(refresh_hash) = 32),
    -- The pair before the last refresh, good until the new pair is first used.
    previous_access_hash  BLOB    UNIQUE CHECK (length(previous_access_hash) = 32),
    previous_expires_ms   INTEGER,
    previous_refresh_hash BLOB    UNIQUE CHECK (length(previous_refresh_hash) = 32),
    last_seen_ms          INTEGER NOT NULL,
    last_seen_ip          TEXT,
    last_seen_agent       TEXT,
    UNIQUE (user_id, device_id)
) STRICT;

CREATE TABLE registration_tokens (
    token        TEXT    NOT NULL PRIMARY KEY,
    -- NULL: as often as one likes.
    uses_allowed INTEGER CHECK (uses_allowed >= 0),
    pending      INTEGER NOT NULL DEFAULT 0 CHECK (pending >= 0),
    completed    INTEGER NOT NULL DEFAULT 0 CHECK (completed >= 0),
    expires_ms   INTEGER,
    created_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Login tokens (used once) and OpenID tokens (proof of identity), by hash.
CREATE TABLE short_tokens (
    token_hash BLOB    NOT NULL PRIMARY KEY CHECK (length(token_hash) = 32),
    purpose    TEXT    NOT NULL CHECK (purpose IN ('login', 'openid')),
    user_id    TEXT    NOT NULL REFERENCES accounts (user_id),
    issued_ms  INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX short_tokens_by_user ON short_tokens (user_id, purpose, issued_ms);
CREATE INDEX short_tokens_by_expiry ON short_tokens (expires_ms);

CREATE TABLE settings (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL CHECK (json_valid(value))
) STRICT, WITHOUT ROWID;

CREATE TABLE secrets (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Append-only: each row's hash covers the hash before it.
CREATE TABLE journal (
    row_id        INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms         INTEGER NOT NULL,
    actor         TEXT    NOT NULL,
    action        TEXT    NOT NULL,
    target        TEXT    NOT NULL,
    detail        TEXT    NOT NULL CHECK (json_valid(detail)),
    previous_hash BLOB    NOT NULL CHECK (length(previous_hash) = 32),
    hash          BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TRIGGER journal_rows_do_not_change BEFORE UPDATE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_rows_do_not_go BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

CREATE TABLE reports (
    report_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms      INTEGER NOT NULL,
    reporter   TEXT    NOT NULL REFERENCES accounts (user_id),
    kind       TEXT    NOT NULL CHECK (kind IN ('event', 'room', 'user')),
    room_id    TEXT,
    event_id   TEXT,
    user_id    TEXT,
    reason     TEXT,
    score      INTEGER
) STRICT;
CREATE INDEX reports_by_reporter ON reports (reporter, at_ms);

-- What the conversations' store has to hear of; a row goes when it has been done there.
CREATE TABLE outbox (
    row_id    INTEGER PRIMARY KEY AUTOINCREMENT,
    kind      TEXT    NOT NULL CHECK (kind IN ('device_removed', 'account_deactivated')),
    user_id   TEXT    NOT NULL,
    device_id TEXT,
    erase     INTEGER NOT NULL DEFAULT 0 CHECK (erase IN (0, 1))
) STRICT;
