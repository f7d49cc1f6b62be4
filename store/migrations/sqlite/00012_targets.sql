-- +goose Up

-- envelope is the sender as the message trace names it; mailbox narrows a target to one.
ALTER TABLE remediation_targets ADD COLUMN envelope TEXT NOT NULL DEFAULT '';
ALTER TABLE remediation_targets ADD COLUMN mailbox TEXT NOT NULL DEFAULT '';

ALTER TABLE remediations ADD COLUMN include_sender INTEGER NOT NULL DEFAULT 0;
ALTER TABLE remediations ADD COLUMN similar_unknown INTEGER NOT NULL DEFAULT 0;

-- Mailboxes named by hand, by an address.
CREATE TABLE named_mailboxes (
    remediation_id TEXT NOT NULL REFERENCES remediations (id),
    address        TEXT NOT NULL,
    PRIMARY KEY (remediation_id, address)
);

-- What a preview found beside its targets: the same sender and subject under other ids.
CREATE TABLE similar_emails (
    remediation_id TEXT NOT NULL REFERENCES remediations (id),
    message_id     TEXT NOT NULL,
    envelope       TEXT NOT NULL,
    sender         TEXT NOT NULL,
    subject        TEXT NOT NULL,
    received_from  INTEGER NOT NULL,
    received_to    INTEGER NOT NULL,
    recipients     INTEGER NOT NULL,
    PRIMARY KEY (remediation_id, message_id)
);

-- targets are the positions of the targets that reached the mailbox, [] for all.
ALTER TABLE records ADD COLUMN targets TEXT NOT NULL DEFAULT '[]';
ALTER TABLE records ADD COLUMN origin TEXT NOT NULL DEFAULT '';
