-- Format 6: company directories (LDAP), the people that they vouch for, and reports of what was taken over from them.

CREATE TABLE user_directories (
    directory_id  INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Directories are asked in this order.
    place         INTEGER NOT NULL,
    name          TEXT    NOT NULL UNIQUE,
    enabled       INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    -- Everything but the password.
    config        TEXT    NOT NULL CHECK (json_valid(config)),
    bind_password TEXT    NOT NULL,
    -- Up to where changes were taken over; NULL before the first time and after a change of the configuration.
    mark          TEXT
) STRICT;

-- A row for each account that is opened by a directory.
CREATE TABLE directory_people (
    user_id      TEXT    NOT NULL PRIMARY KEY REFERENCES accounts (user_id),
    -- NULL once the directory has been taken away: the account is opened by nothing until one with this entry is back.
    directory_id INTEGER REFERENCES user_directories (directory_id),
    -- objectGUID or entryUUID in hex: stays when somebody is renamed or moved.
    entry_id     TEXT    NOT NULL UNIQUE,
    profile      TEXT    NOT NULL CHECK (json_valid(profile)),
    -- The display name that conversations have been given last.
    named        TEXT,
    -- Why the directory has locked the account; NULL when it has not.
    barred       TEXT,
    changed_ms   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX directory_people_by_directory ON directory_people (directory_id);

CREATE TABLE directory_reports (
    report_id    INTEGER PRIMARY KEY AUTOINCREMENT,
    directory_id INTEGER NOT NULL,
    at_ms        INTEGER NOT NULL,
    report       TEXT    NOT NULL CHECK (json_valid(report))
) STRICT;
CREATE INDEX directory_reports_by_directory ON directory_reports (directory_id, report_id);
