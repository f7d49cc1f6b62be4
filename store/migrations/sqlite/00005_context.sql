-- +goose Up

-- What happened to a context entry: proposals, changes, the review's words, selections.
CREATE TABLE context_steps (
    id              TEXT PRIMARY KEY,
    entry_id        TEXT NOT NULL REFERENCES context_entries (id),
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    at              INTEGER NOT NULL,
    kind            TEXT NOT NULL,
    actor_id        TEXT NOT NULL,
    actor_name      TEXT NOT NULL,
    comment         TEXT NOT NULL
);
CREATE INDEX context_steps_by_entry ON context_steps (entry_id, at);

-- The review queue.
CREATE INDEX context_entries_to_review ON context_entries (updated_at) WHERE status = 'review_requested';
