-- +goose Up

-- Consents that an admin asked for. The state of the link is kept as a hash and,
-- for minutes, sealed, so that its maker can read the link again. Lists as JSON.
CREATE TABLE consents (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    device_id       TEXT NOT NULL REFERENCES devices (id),
    token_hash      TEXT NOT NULL UNIQUE,
    token_sealed    BLOB,
    created_by      TEXT NOT NULL,
    created_by_name TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    refused_at      INTEGER NOT NULL DEFAULT 0,
    returned_at     INTEGER NOT NULL DEFAULT 0,
    revoked_at      INTEGER NOT NULL DEFAULT 0,
    revoked_by_name TEXT NOT NULL DEFAULT '',
    proved_at       INTEGER NOT NULL DEFAULT 0,
    granted_before  TEXT NOT NULL DEFAULT '[]',
    granted_after   TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX consents_by_device ON consents (device_id, created_at);
