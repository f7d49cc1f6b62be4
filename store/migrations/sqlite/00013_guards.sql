-- +goose Up

-- What one person's word let a removal clean: the cap of an hour adds it up. What
-- a second person approved is not in here.
CREATE TABLE admissions (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    remediation_id  TEXT NOT NULL REFERENCES remediations (id),
    at              INTEGER NOT NULL,
    mailboxes       INTEGER NOT NULL
);
CREATE INDEX admissions_by_hour ON admissions (organization_id, at);
CREATE INDEX admissions_by_remediation ON admissions (remediation_id);

-- What an approval was asked for, and when; how many mailboxes other removals
-- were let to clean within the hour before.
ALTER TABLE remediations ADD COLUMN approval_asked_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE remediations ADD COLUMN approval_for INTEGER NOT NULL DEFAULT 0;
ALTER TABLE remediations ADD COLUMN approval_hour INTEGER NOT NULL DEFAULT 0;

-- Who or what ended it, and why.
ALTER TABLE remediations ADD COLUMN ended_by_name TEXT NOT NULL DEFAULT '';
ALTER TABLE remediations ADD COLUMN end_reason TEXT NOT NULL DEFAULT '';

-- The rules when a removal was blocked, as JSON; lapsed says why it no longer
-- goes on by itself, '' as long as it does.
ALTER TABLE remediations ADD COLUMN blocked_rules TEXT NOT NULL DEFAULT '';
ALTER TABLE remediations ADD COLUMN lapsed TEXT NOT NULL DEFAULT '';

-- The word of a customer's admin to remove the email from this protected mailbox
-- now; ordered_at 0: there is none (any more).
ALTER TABLE records ADD COLUMN ordered_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE records ADD COLUMN ordered_by TEXT NOT NULL DEFAULT '';
ALTER TABLE records ADD COLUMN ordered_by_name TEXT NOT NULL DEFAULT '';
CREATE INDEX records_ordered ON records (ordered_at) WHERE ordered_at > 0;

-- When somebody had us look again, and what was to be said of it.
ALTER TABLE records ADD COLUMN checked_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE records ADD COLUMN checked_text TEXT NOT NULL DEFAULT '';
