-- +goose Up

-- What waits for a person: failed and denied mailboxes, those that are not
-- wholly cleaned, and emails of which the SOC must say whether they are the one.
DROP INDEX records_to_hand_over;
CREATE INDEX records_to_attend ON records (done_at)
    WHERE outcome IN ('failed', 'denied', 'partly_removed', 'ambiguous') AND handed_over_at = 0;

-- In the order in which mailboxes are claimed: thousands are due in the same moment.
DROP INDEX records_due;
CREATE INDEX records_due ON records (remediation_id, due_at, id) WHERE due_at > 0;
