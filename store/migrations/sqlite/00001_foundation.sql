-- +goose Up

-- One row: shows whether the key given at the start is the one the secrets were
-- sealed with, and lets the health check prove that it can write.
CREATE TABLE installation (
    id         INTEGER PRIMARY KEY,
    canary     BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    checked_at INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE organizations (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    tenant_id  TEXT NOT NULL UNIQUE,
    domain     TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE TABLE people (
    id              TEXT PRIMARY KEY,
    tenant_id       TEXT NOT NULL,
    object_id       TEXT NOT NULL,
    name            TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    last_sign_in_at INTEGER NOT NULL DEFAULT 0,
    UNIQUE (tenant_id, object_id)
);

CREATE TABLE memberships (
    person_id       TEXT NOT NULL REFERENCES people (id),
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    role            TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (person_id, organization_id)
);
CREATE INDEX memberships_by_organization ON memberships (organization_id);

CREATE TABLE portfolios (
    person_id       TEXT NOT NULL REFERENCES people (id),
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (person_id, organization_id)
);
CREATE INDEX portfolios_by_organization ON portfolios (organization_id);

CREATE TABLE sessions (
    id          TEXT PRIMARY KEY,
    person_id   TEXT NOT NULL REFERENCES people (id),
    staff_roles TEXT NOT NULL DEFAULT '[]', -- what the ID token said at sign-in
    user_agent  TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    seen_at     INTEGER NOT NULL,
    ended_at    INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX sessions_by_person ON sessions (person_id, created_at);

-- The browser's session of the web layer; token is a hash.
CREATE TABLE web_sessions (
    token  TEXT PRIMARY KEY,
    data   BLOB NOT NULL,
    expiry INTEGER NOT NULL
);
CREATE INDEX web_sessions_by_expiry ON web_sessions (expiry);

CREATE TABLE sign_in_attempts (
    state_hash   TEXT PRIMARY KEY,
    browser_hash TEXT NOT NULL,
    nonce        TEXT NOT NULL,
    verifier     TEXT NOT NULL,
    return_path  TEXT NOT NULL,
    expires_at   INTEGER NOT NULL
);
CREATE INDEX sign_in_attempts_by_expiry ON sign_in_attempts (expires_at);

CREATE TABLE api_tokens (
    id            TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    token_hash    TEXT NOT NULL UNIQUE,
    rights        TEXT NOT NULL DEFAULT '[]',
    everywhere    INTEGER NOT NULL DEFAULT 0,
    organizations TEXT NOT NULL DEFAULT '[]',
    created_at    INTEGER NOT NULL,
    created_by    TEXT NOT NULL,
    revoked_at    INTEGER NOT NULL DEFAULT 0
);

-- client_secret and private_key are sealed; NULL where there is none.
CREATE TABLE devices (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    name            TEXT NOT NULL,
    tenant_id       TEXT NOT NULL,
    connection      TEXT NOT NULL,
    client_id       TEXT NOT NULL,
    client_secret   BLOB,
    certificate_pem TEXT NOT NULL DEFAULT '',
    private_key     BLOB,
    onboarded_on    INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL
);
CREATE INDEX devices_by_organization ON devices (organization_id, name);

CREATE TABLE context_entries (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    address         TEXT NOT NULL,
    purpose         TEXT NOT NULL,
    note            TEXT NOT NULL,
    owner           TEXT NOT NULL DEFAULT '',
    status          TEXT NOT NULL,
    review_comment  TEXT NOT NULL DEFAULT '',
    starts_at       INTEGER NOT NULL DEFAULT 0,
    ends_at         INTEGER NOT NULL DEFAULT 0,
    mailbox_id      TEXT NOT NULL DEFAULT '',
    mailbox_name    TEXT NOT NULL DEFAULT '',
    addresses       TEXT NOT NULL DEFAULT '[]',
    resolved_at     INTEGER NOT NULL DEFAULT 0,
    resolve_problem TEXT NOT NULL DEFAULT '',
    created_by      TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    UNIQUE (organization_id, address)
);

CREATE TABLE auto_remediations (
    organization_id TEXT PRIMARY KEY REFERENCES organizations (id),
    mode            TEXT NOT NULL,
    removal         TEXT NOT NULL,
    volume_limit    INTEGER NOT NULL,
    agreed_at       INTEGER NOT NULL DEFAULT 0,
    agreed_by       TEXT NOT NULL DEFAULT '',
    changed_at      INTEGER NOT NULL,
    changed_by      TEXT NOT NULL
);

CREATE TABLE auto_remediation_devices (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    device_id       TEXT NOT NULL REFERENCES devices (id),
    PRIMARY KEY (organization_id, device_id)
);

CREATE TABLE auto_remediation_changes (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    at              INTEGER NOT NULL,
    actor_id        TEXT NOT NULL,
    actor_name      TEXT NOT NULL,
    before_json     TEXT NOT NULL,
    after_json      TEXT NOT NULL
);
CREATE INDEX auto_remediation_changes_by_organization ON auto_remediation_changes (organization_id, at);

CREATE TABLE never_remove (
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    entry_id        TEXT NOT NULL REFERENCES context_entries (id),
    selected_at     INTEGER NOT NULL,
    selected_by     TEXT NOT NULL,
    PRIMARY KEY (organization_id, entry_id)
);

-- organization_id '' halts every organization.
CREATE TABLE halts (
    organization_id TEXT PRIMARY KEY,
    halted_by       TEXT NOT NULL,
    halted_by_name  TEXT NOT NULL,
    reason          TEXT NOT NULL,
    since           INTEGER NOT NULL
);

-- organization_id '' is the installation's chain.
CREATE TABLE audit_events (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL,
    sequence        INTEGER NOT NULL,
    at              INTEGER NOT NULL,
    actor_kind      TEXT NOT NULL,
    actor_id        TEXT NOT NULL,
    actor_name      TEXT NOT NULL,
    on_behalf_of    TEXT NOT NULL,
    remote_addr     TEXT NOT NULL,
    request_id      TEXT NOT NULL,
    action          TEXT NOT NULL,
    subject         TEXT NOT NULL,
    subject_name    TEXT NOT NULL,
    before_json     TEXT NOT NULL,
    after_json      TEXT NOT NULL,
    rows_hash       TEXT NOT NULL,
    previous_hash   TEXT NOT NULL,
    hash            TEXT NOT NULL,
    UNIQUE (organization_id, sequence)
);
CREATE INDEX audit_events_by_organization ON audit_events (organization_id, id);
CREATE INDEX audit_events_by_subject ON audit_events (subject, id);

-- The head of each chain, so that a cut-off end is noticed too.
CREATE TABLE audit_chains (
    organization_id TEXT PRIMARY KEY,
    sequence        INTEGER NOT NULL,
    hash            TEXT NOT NULL
);

-- +goose StatementBegin
CREATE TRIGGER audit_events_keep BEFORE UPDATE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_events_stay BEFORE DELETE ON audit_events
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is append-only');
END;
-- +goose StatementEnd

-- status 0: the request is still running.
CREATE TABLE idempotency_keys (
    actor_id     TEXT NOT NULL,
    key          TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status       INTEGER NOT NULL DEFAULT 0,
    body         BLOB,
    boot         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    PRIMARY KEY (actor_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
