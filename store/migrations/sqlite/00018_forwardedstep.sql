-- +goose Up

-- Links to single steps of a setup for people without an account; token is a hash. For minutes, token_sealed lets the
-- maker read the link again.
CREATE TABLE forwarded_steps (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    device_id       TEXT NOT NULL REFERENCES devices (id),
    step            TEXT NOT NULL,
    token_hash      TEXT NOT NULL UNIQUE,
    token_sealed    BLOB,
    created_by      TEXT NOT NULL,
    created_by_name TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    opened_at       INTEGER NOT NULL DEFAULT 0,
    done_at         INTEGER NOT NULL DEFAULT 0,
    revoked_at      INTEGER NOT NULL DEFAULT 0,
    revoked_by_name TEXT NOT NULL DEFAULT ''
);
CREATE INDEX forwarded_steps_by_device ON forwarded_steps (device_id, step, created_at);
