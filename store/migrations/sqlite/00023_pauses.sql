-- +goose Up

-- Until when Microsoft wants no more requests of a kind, by tenant and what is
-- throttled together. Kept over a restart, for which Microsoft does not wait.
CREATE TABLE pauses (
    scope TEXT PRIMARY KEY,
    until INTEGER NOT NULL
);
