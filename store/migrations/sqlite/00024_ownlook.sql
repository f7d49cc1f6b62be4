-- +goose Up

-- What the directory said of a step when a person looked with the own right; result is a diagnosis, as JSON.
CREATE TABLE own_looks (
    device_id       TEXT NOT NULL REFERENCES devices (id),
    step            TEXT NOT NULL,
    organization_id TEXT NOT NULL REFERENCES organizations (id),
    looked_by_name  TEXT NOT NULL,
    account         TEXT NOT NULL,
    looked_at       INTEGER NOT NULL,
    result          TEXT NOT NULL,
    PRIMARY KEY (device_id, step)
);

-- A way through Microsoft's sign-in page that asks for the right to look at a step, for one session.
ALTER TABLE sign_in_attempts ADD COLUMN look_device TEXT NOT NULL DEFAULT '';
ALTER TABLE sign_in_attempts ADD COLUMN look_step TEXT NOT NULL DEFAULT '';
ALTER TABLE sign_in_attempts ADD COLUMN look_session TEXT NOT NULL DEFAULT '';
