-- +goose Up

-- A copy that is to be put back: restore_due_at 0 is nothing to do (any more).
ALTER TABLE copies ADD COLUMN restore_asked_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE copies ADD COLUMN restore_due_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE copies ADD COLUMN restore_attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE copies ADD COLUMN restore_problem TEXT NOT NULL DEFAULT '';
CREATE INDEX copies_to_restore ON copies (remediation_id, restore_due_at) WHERE restore_due_at > 0;
