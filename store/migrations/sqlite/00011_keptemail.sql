-- +goose Up

-- Emails that were kept before they were deleted for good; content is sealed.
CREATE TABLE kept_emails (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    remediation_id  TEXT NOT NULL REFERENCES remediations (id),
    message_id      TEXT NOT NULL,
    mailbox         TEXT NOT NULL,
    size            INTEGER NOT NULL,
    sha256          TEXT NOT NULL,
    content         BLOB NOT NULL,
    kept_at         INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    UNIQUE (remediation_id, message_id)
);
CREATE INDEX kept_emails_by_expiry ON kept_emails (expires_at);
