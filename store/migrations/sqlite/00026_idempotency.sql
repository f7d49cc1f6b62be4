-- +goose Up

-- Answers are sealed from here on, since a link may be in one. What is kept for a repeated request is a day old at most.
DELETE FROM idempotency_keys;
