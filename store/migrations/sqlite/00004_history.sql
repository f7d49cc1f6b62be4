-- +goose Up

-- Who works on an action: one member, or '' for the organization as a whole.
ALTER TABLE actions ADD COLUMN assignee TEXT NOT NULL DEFAULT '';
CREATE INDEX actions_by_assignee ON actions (assignee, created_at) WHERE assignee <> '';

-- staff 1: somebody of the provider's wrote it.
CREATE TABLE action_comments (
    id              TEXT PRIMARY KEY,
    action_id       TEXT NOT NULL REFERENCES actions (id),
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    at              INTEGER NOT NULL,
    author_id       TEXT NOT NULL,
    author_name     TEXT NOT NULL,
    staff           INTEGER NOT NULL DEFAULT 0,
    text            TEXT NOT NULL
);
CREATE INDEX action_comments_by_action ON action_comments (action_id, at, id);

-- The filters of the audit page.
CREATE INDEX audit_events_by_action ON audit_events (action, id);
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, id);
CREATE INDEX audit_events_by_behalf ON audit_events (on_behalf_of, id) WHERE on_behalf_of <> '';
CREATE INDEX audit_events_by_name ON audit_events (subject_name, id);

-- Every address under which a mailbox was ever seen, so that an alias leads to its records.
CREATE TABLE mailbox_addresses (
    address         TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    mailbox_key     TEXT NOT NULL,
    PRIMARY KEY (address, organization_id, mailbox_key)
);
INSERT INTO mailbox_addresses (address, organization_id, mailbox_key)
SELECT DISTINCT lower(a.value), r.organization_id, r.mailbox_key FROM records r, json_each(r.addresses) a
UNION SELECT DISTINCT lower(a.value), r.organization_id, r.mailbox_key FROM records r, json_each(r.recipients) a
UNION SELECT DISTINCT r.address, r.organization_id, r.mailbox_key FROM records r;
CREATE INDEX records_by_mailbox ON records (mailbox_key, id);

-- +goose StatementBegin
CREATE TRIGGER records_addressed AFTER INSERT ON records
BEGIN
    INSERT OR IGNORE INTO mailbox_addresses (address, organization_id, mailbox_key)
    SELECT new.address, new.organization_id, new.mailbox_key
    UNION SELECT lower(value), new.organization_id, new.mailbox_key FROM json_each(new.addresses)
    UNION SELECT lower(value), new.organization_id, new.mailbox_key FROM json_each(new.recipients);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER records_addressed_anew AFTER UPDATE OF addresses, recipients ON records
WHEN new.addresses <> old.addresses OR new.recipients <> old.recipients
BEGIN
    INSERT OR IGNORE INTO mailbox_addresses (address, organization_id, mailbox_key)
    SELECT lower(value), new.organization_id, new.mailbox_key FROM json_each(new.addresses)
    UNION SELECT lower(value), new.organization_id, new.mailbox_key FROM json_each(new.recipients);
END;
-- +goose StatementEnd

-- The filters of the list of remediations, and what waits on the home page.
CREATE INDEX remediation_targets_by_sender ON remediation_targets (sender);
CREATE INDEX remediations_by_time ON remediations (created_at);
CREATE INDEX records_ambiguous ON records (remediation_id) WHERE outcome = 'ambiguous';
