-- +goose Up

-- Of which app what is granted was seen: a device may be given another one.
ALTER TABLE grant_changes ADD COLUMN client_id TEXT NOT NULL DEFAULT '';
UPDATE grant_changes SET client_id = (SELECT d.client_id FROM devices d WHERE d.id = grant_changes.device_id);
