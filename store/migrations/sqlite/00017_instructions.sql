-- +goose Up

-- What an organization asks the SOC to do where an email could not be removed.
ALTER TABLE auto_remediations ADD COLUMN instructions TEXT NOT NULL DEFAULT '';
