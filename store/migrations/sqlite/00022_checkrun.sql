-- +goose Up

-- The last time that all checks of a device were made; layers is what has come in so far, by step, as JSON.
CREATE TABLE check_runs (
    device_id       TEXT PRIMARY KEY REFERENCES devices (id),
    id              TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    started_by      TEXT NOT NULL,
    started_at      INTEGER NOT NULL,
    finished_at     INTEGER NOT NULL DEFAULT 0,
    layers          TEXT NOT NULL DEFAULT '{}'
);
