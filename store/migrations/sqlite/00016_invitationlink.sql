-- +goose Up

-- For minutes, the sealed token of an invitation, so that its maker can read the link again.
ALTER TABLE invitations ADD COLUMN token_sealed BLOB;
