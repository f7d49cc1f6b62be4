-- +goose Up

-- Steps that an admin decided to leave out; one that was taken back stays, as history.
CREATE TABLE setup_decisions (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    step            TEXT NOT NULL,
    reason          TEXT NOT NULL,
    decided_by      TEXT NOT NULL,
    decided_by_name TEXT NOT NULL,
    decided_at      INTEGER NOT NULL,
    taken_back_by   TEXT NOT NULL DEFAULT '',
    taken_back_at   INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX setup_decisions_in_force ON setup_decisions (organization_id, step) WHERE taken_back_at = 0;
