-- +goose Up
CREATE TABLE remediations (
    id              TEXT PRIMARY KEY,
    number          INTEGER NOT NULL UNIQUE,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    status          TEXT NOT NULL,
    phase           TEXT NOT NULL,
    blocked_by      TEXT NOT NULL DEFAULT '',
    blocked_since   INTEGER NOT NULL DEFAULT 0,
    blocked_detail  TEXT NOT NULL DEFAULT '',
    mode            TEXT NOT NULL,
    removal         TEXT NOT NULL,
    variants        TEXT NOT NULL DEFAULT '[]',
    reason          TEXT NOT NULL,
    reference       TEXT NOT NULL,
    max_mailboxes   INTEGER NOT NULL DEFAULT 0,
    approved_up_to  INTEGER NOT NULL DEFAULT 0,
    approved_by     TEXT NOT NULL DEFAULT '',
    created_by      TEXT NOT NULL,
    created_by_name TEXT NOT NULL,
    started_by      TEXT NOT NULL DEFAULT '',
    started_by_name TEXT NOT NULL DEFAULT '',
    recipients      INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    previewed_at    INTEGER NOT NULL DEFAULT 0,
    started_at      INTEGER NOT NULL DEFAULT 0,
    traced_at       INTEGER NOT NULL DEFAULT 0,
    first_clean_at  INTEGER NOT NULL DEFAULT 0,
    contained_at    INTEGER NOT NULL DEFAULT 0,
    next_look_at    INTEGER NOT NULL DEFAULT 0,
    looks           INTEGER NOT NULL DEFAULT 0,
    ended_at        INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX remediations_by_organization ON remediations (organization_id, number DESC);
CREATE INDEX remediations_by_status ON remediations (status, number DESC);

CREATE TABLE remediation_targets (
    remediation_id TEXT NOT NULL REFERENCES remediations (id),
    position       INTEGER NOT NULL,
    source         TEXT NOT NULL,
    message_id     TEXT NOT NULL,
    sender         TEXT NOT NULL,
    subject        TEXT NOT NULL,
    received_from  INTEGER NOT NULL DEFAULT 0,
    received_to    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (remediation_id, position)
);
CREATE INDEX remediation_targets_by_message_id ON remediation_targets (message_id);

-- One row per remediation and mailbox. mailbox_key is the directory's object id,
-- or "address:" and the address where there is none.
CREATE TABLE records (
    id                TEXT PRIMARY KEY,
    remediation_id    TEXT NOT NULL REFERENCES remediations (id),
    organization_id   TEXT NOT NULL REFERENCES organizations (id),
    device_id         TEXT NOT NULL REFERENCES devices (id),
    mailbox_key       TEXT NOT NULL,
    mailbox_id        TEXT NOT NULL,
    address           TEXT NOT NULL,
    name              TEXT NOT NULL,
    kind              TEXT NOT NULL,
    addresses         TEXT NOT NULL DEFAULT '[]',
    looked_up_at      INTEGER NOT NULL DEFAULT 0,
    recipients        TEXT NOT NULL DEFAULT '[]',
    delivery_status   TEXT NOT NULL,
    delivered_at      INTEGER NOT NULL DEFAULT 0,
    state             TEXT NOT NULL,
    outcome           TEXT NOT NULL DEFAULT '',
    reason            TEXT NOT NULL DEFAULT '',
    detail            TEXT NOT NULL DEFAULT '',
    protected_by      TEXT NOT NULL DEFAULT '',
    protected_purpose TEXT NOT NULL DEFAULT '',
    late              INTEGER NOT NULL DEFAULT 0,
    attempts          INTEGER NOT NULL DEFAULT 0,
    rechecks          INTEGER NOT NULL DEFAULT 0,
    due_at            INTEGER NOT NULL DEFAULT 0, -- 0: nothing is due
    lease_boot        TEXT NOT NULL DEFAULT '',
    lease_until       INTEGER NOT NULL DEFAULT 0,
    fence             INTEGER NOT NULL DEFAULT 0,
    handed_over_at    INTEGER NOT NULL DEFAULT 0,
    created_at        INTEGER NOT NULL,
    done_at           INTEGER NOT NULL DEFAULT 0,
    UNIQUE (remediation_id, device_id, mailbox_key)
);
CREATE INDEX records_by_outcome ON records (remediation_id, state, outcome);
CREATE INDEX records_due ON records (remediation_id, due_at) WHERE due_at > 0;
CREATE INDEX records_leased ON records (lease_until) WHERE lease_until > 0;
CREATE INDEX records_to_hand_over ON records (done_at) WHERE outcome IN ('failed', 'denied') AND handed_over_at = 0;
CREATE INDEX records_by_address ON records (address);

CREATE TABLE copies (
    id              TEXT PRIMARY KEY,
    record_id       TEXT NOT NULL REFERENCES records (id),
    remediation_id  TEXT NOT NULL REFERENCES remediations (id),
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    immutable_id    TEXT NOT NULL,
    folder_id       TEXT NOT NULL,
    folder_name     TEXT NOT NULL DEFAULT '',
    message_id      TEXT NOT NULL,
    sender          TEXT NOT NULL,
    subject         TEXT NOT NULL,
    received_at     INTEGER NOT NULL DEFAULT 0,
    is_read         INTEGER NOT NULL DEFAULT 0,
    matched         INTEGER NOT NULL DEFAULT 0,
    outcome         TEXT NOT NULL DEFAULT '',
    reason          TEXT NOT NULL DEFAULT '',
    found_at        INTEGER NOT NULL,
    sent_at         INTEGER NOT NULL DEFAULT 0,
    removed_at      INTEGER NOT NULL DEFAULT 0,
    verified_at     INTEGER NOT NULL DEFAULT 0,
    restored_at     INTEGER NOT NULL DEFAULT 0,
    status          INTEGER NOT NULL DEFAULT 0,
    code            TEXT NOT NULL DEFAULT '',
    answer          TEXT NOT NULL DEFAULT '',
    UNIQUE (record_id, immutable_id)
);
CREATE INDEX copies_unnamed ON copies (remediation_id) WHERE folder_name = '';

-- An intent is committed before the call it announces and closed by its result.
CREATE TABLE intents (
    id              TEXT PRIMARY KEY,
    copy_id         TEXT NOT NULL REFERENCES copies (id),
    record_id       TEXT NOT NULL REFERENCES records (id),
    remediation_id  TEXT NOT NULL REFERENCES remediations (id),
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    kind            TEXT NOT NULL,
    boot            TEXT NOT NULL,
    fence           INTEGER NOT NULL,
    committed_at    INTEGER NOT NULL,
    closed_at       INTEGER NOT NULL DEFAULT 0,
    result          TEXT NOT NULL DEFAULT '', -- an AnswerKind, 'withdrawn' or 'looked_up'
    status          INTEGER NOT NULL DEFAULT 0,
    code            TEXT NOT NULL DEFAULT ''
);
CREATE INDEX intents_open ON intents (organization_id) WHERE closed_at = 0;
CREATE INDEX intents_by_record ON intents (record_id);

CREATE TABLE timeline (
    id        TEXT PRIMARY KEY,
    record_id TEXT NOT NULL REFERENCES records (id),
    at        INTEGER NOT NULL,
    kind      TEXT NOT NULL,
    text      TEXT NOT NULL,
    detail    TEXT NOT NULL DEFAULT ''
);
CREATE INDEX timeline_by_record ON timeline (record_id, at);

CREATE TABLE actions (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    remediation_id  TEXT NOT NULL REFERENCES remediations (id),
    outcome         TEXT NOT NULL,
    status          TEXT NOT NULL,
    comment         TEXT NOT NULL DEFAULT '',
    closed_by       TEXT NOT NULL DEFAULT '',
    created_at      INTEGER NOT NULL,
    closed_at       INTEGER NOT NULL DEFAULT 0,
    UNIQUE (remediation_id, outcome)
);
CREATE INDEX actions_by_organization ON actions (organization_id, status, created_at DESC);

CREATE TABLE action_records (
    action_id TEXT NOT NULL REFERENCES actions (id),
    record_id TEXT NOT NULL REFERENCES records (id),
    PRIMARY KEY (action_id, record_id)
);
