-- +goose Up

-- The requests for message traces of the last minutes: Microsoft counts them by
-- tenant, and a restart must not forget them.
CREATE TABLE trace_requests (
    tenant_id TEXT NOT NULL,
    at        INTEGER NOT NULL
);
CREATE INDEX trace_requests_by_tenant ON trace_requests (tenant_id, at);
