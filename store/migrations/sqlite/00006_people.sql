-- +goose Up

-- What the last sign-in said, so that engagement managers can be chosen from.
ALTER TABLE people ADD COLUMN staff_roles TEXT NOT NULL DEFAULT '[]';
UPDATE people SET staff_roles = '["engagement_manager"]' WHERE id IN (SELECT person_id FROM portfolios);

-- The invitation that a sign-in redeems; empty for none.
ALTER TABLE sign_in_attempts ADD COLUMN invitation_id TEXT NOT NULL DEFAULT '';

-- The token of the link is kept as a hash only.
CREATE TABLE invitations (
    id              TEXT PRIMARY KEY,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    token_hash      TEXT NOT NULL UNIQUE,
    role            TEXT NOT NULL,
    invitee         TEXT NOT NULL,
    created_by      TEXT NOT NULL,
    created_by_name TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    redeemed_at     INTEGER NOT NULL DEFAULT 0,
    redeemed_by     TEXT NOT NULL DEFAULT '',
    revoked_at      INTEGER NOT NULL DEFAULT 0,
    revoked_by_name TEXT NOT NULL DEFAULT ''
);
CREATE INDEX invitations_by_organization ON invitations (organization_id, id);
