-- +goose Up

-- version counts the changes, so that two people don't overwrite each other's.
ALTER TABLE devices ADD COLUMN version INTEGER NOT NULL DEFAULT 1;

-- A disconnected device keeps its history and loses its credential.
ALTER TABLE devices ADD COLUMN disconnected_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN disconnected_by TEXT NOT NULL DEFAULT '';

-- The credential that is going to follow, beside the present one until Microsoft
-- accepts it. Secret and key are sealed.
ALTER TABLE devices ADD COLUMN next_client_id TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN next_client_secret BLOB;
ALTER TABLE devices ADD COLUMN next_certificate_pem TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN next_private_key BLOB;
ALTER TABLE devices ADD COLUMN next_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN next_by TEXT NOT NULL DEFAULT '';
ALTER TABLE devices ADD COLUMN next_problem TEXT NOT NULL DEFAULT '';
