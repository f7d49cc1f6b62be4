-- +goose Up

-- The last check of each step of a device; result is its diagnosis, as JSON.
CREATE TABLE check_results (
    device_id       TEXT NOT NULL REFERENCES devices (id),
    step            TEXT NOT NULL,
    id              TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    status          TEXT NOT NULL,
    cause           TEXT NOT NULL,
    result          TEXT NOT NULL,
    checked_at      INTEGER NOT NULL,
    checked_by      TEXT NOT NULL,
    since           INTEGER NOT NULL,
    granted_at      INTEGER NOT NULL DEFAULT 0,
    next_at         INTEGER NOT NULL,
    PRIMARY KEY (device_id, step)
);
CREATE INDEX check_results_by_organization ON check_results (organization_id);
CREATE INDEX check_results_by_next ON check_results (next_at);

-- Every result that was another than the one before it.
CREATE TABLE check_changes (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    device_id       TEXT NOT NULL REFERENCES devices (id),
    step            TEXT NOT NULL,
    status          TEXT NOT NULL,
    cause           TEXT NOT NULL,
    finding         TEXT NOT NULL,
    at              INTEGER NOT NULL,
    checked_by      TEXT NOT NULL
);
CREATE INDEX check_changes_by_step ON check_changes (device_id, step, at);

-- Who last did something about a step.
CREATE TABLE setup_touches (
    device_id       TEXT NOT NULL REFERENCES devices (id),
    step            TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    touched_by      TEXT NOT NULL,
    touched_by_name TEXT NOT NULL,
    touched_at      INTEGER NOT NULL,
    PRIMARY KEY (device_id, step)
);
