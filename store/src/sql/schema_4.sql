-- Format 4: passkeys (WebAuthn).

CREATE TABLE passkeys (
    credential_id BLOB    NOT NULL PRIMARY KEY CHECK (length(credential_id) BETWEEN 1 AND 1023),
    user_id       TEXT    NOT NULL REFERENCES accounts (user_id),
    -- What authenticators know the account by: the same in all of its passkeys, and nothing that names anybody.
    user_handle   BLOB    NOT NULL CHECK (length(user_handle) = 16),
    name          TEXT    NOT NULL,
    -- Public key and counter, in the form of the library that checks them.
    credential    TEXT    NOT NULL CHECK (json_valid(credential)),
    created_ms    INTEGER NOT NULL,
    used_ms       INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX passkeys_by_user ON passkeys (user_id, created_ms);
