-- +goose Up

-- A proof of a device on a mailbox that an admin named.
CREATE TABLE canaries (
    id                TEXT PRIMARY KEY,
    organization_id   TEXT NOT NULL REFERENCES organizations (id),
    device_id         TEXT NOT NULL REFERENCES devices (id),
    proof             TEXT NOT NULL,
    status            TEXT NOT NULL,
    mailbox_id        TEXT NOT NULL,
    address           TEXT NOT NULL,
    name              TEXT NOT NULL,
    addresses         TEXT NOT NULL,
    looked_up_at      INTEGER NOT NULL,
    subject           TEXT NOT NULL,
    message_id        TEXT NOT NULL DEFAULT '',
    immutable_id      TEXT NOT NULL DEFAULT '',
    cause             TEXT NOT NULL DEFAULT '',
    finding           TEXT NOT NULL DEFAULT '',
    advice            TEXT NOT NULL DEFAULT '',
    who               TEXT NOT NULL DEFAULT '',
    place             TEXT NOT NULL DEFAULT '',
    left_behind       BOOLEAN NOT NULL DEFAULT FALSE,
    remediation_id    TEXT NOT NULL DEFAULT '',
    started_by        TEXT NOT NULL,
    started_by_name   TEXT NOT NULL,
    started_at        INTEGER NOT NULL,
    ended_at          INTEGER NOT NULL DEFAULT 0,
    next_at           INTEGER NOT NULL DEFAULT 0,
    gives_up_at       INTEGER NOT NULL DEFAULT 0,
    boot              TEXT NOT NULL DEFAULT '',
    lease_until       INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX canaries_by_device ON canaries (device_id, started_at);
-- Two at once on one device would meet in each other's mailbox.
CREATE UNIQUE INDEX canaries_running ON canaries (device_id) WHERE status = 'running';

-- Each step that was begun: written before its call, closed after it.
CREATE TABLE canary_lines (
    id              TEXT PRIMARY KEY,
    canary_id       TEXT NOT NULL REFERENCES canaries (id),
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    step            TEXT NOT NULL,
    asked           TEXT NOT NULL,
    found           TEXT NOT NULL DEFAULT '',
    ok              BOOLEAN NOT NULL DEFAULT FALSE,
    status          INTEGER NOT NULL DEFAULT 0,
    code            TEXT NOT NULL DEFAULT '',
    request_id      TEXT NOT NULL DEFAULT '',
    started_at      INTEGER NOT NULL,
    ended_at        INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX canary_lines_by_canary ON canary_lines (canary_id, started_at);

-- The canary that a removal proves; such a removal is no incident.
ALTER TABLE remediations ADD COLUMN canary_id TEXT NOT NULL DEFAULT '';
