-- +goose Up

-- What an app was granted, a row whenever it is another than before; lists as JSON.
CREATE TABLE grant_changes (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    device_id       TEXT NOT NULL REFERENCES devices (id),
    at              INTEGER NOT NULL,
    checked_by      TEXT NOT NULL,
    granted         TEXT NOT NULL,
    added           TEXT NOT NULL,
    removed         TEXT NOT NULL
);
CREATE INDEX grant_changes_by_device ON grant_changes (device_id, at);

-- What broke or is going to; one a cause and day (UTC).
CREATE TABLE setup_notices (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    device_id       TEXT NOT NULL REFERENCES devices (id),
    cause           TEXT NOT NULL,
    day             TEXT NOT NULL,
    step            TEXT NOT NULL,
    text            TEXT NOT NULL,
    ends_at         INTEGER NOT NULL DEFAULT 0,
    at              INTEGER NOT NULL,
    UNIQUE (device_id, cause, day)
);
CREATE INDEX setup_notices_by_device ON setup_notices (device_id, at);
