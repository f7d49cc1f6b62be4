-- +goose Up

-- Words of subjects. The row id is the remediation's number and the target's
-- position in it, so that a row is found without a scan.
CREATE VIRTUAL TABLE subject_search USING fts5 (subject, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2');

-- +goose StatementBegin
CREATE TRIGGER remediation_targets_found AFTER INSERT ON remediation_targets
BEGIN
    INSERT INTO subject_search (rowid, subject)
    SELECT number * 1000 + new.position, new.subject FROM remediations WHERE id = new.remediation_id;
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER remediation_targets_found_anew AFTER UPDATE OF subject ON remediation_targets
WHEN new.subject <> old.subject
BEGIN
    DELETE FROM subject_search WHERE rowid = (SELECT number * 1000 + new.position FROM remediations WHERE id = new.remediation_id);
    INSERT INTO subject_search (rowid, subject)
    SELECT number * 1000 + new.position, new.subject FROM remediations WHERE id = new.remediation_id;
END;
-- +goose StatementEnd

-- The pages of a remediation's records.
CREATE INDEX records_by_page ON records (remediation_id, address, id);

-- What waits in the SOC's queue.
CREATE INDEX records_waiting ON records (remediation_id) WHERE outcome IN ('failed', 'denied') AND handed_over_at = 0;
CREATE INDEX action_records_by_record ON action_records (record_id);
