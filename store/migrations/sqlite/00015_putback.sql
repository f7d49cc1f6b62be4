-- +goose Up

-- Lists say of each remediation what was put back, without reading every copy.
CREATE INDEX copies_put_back ON copies (remediation_id, record_id, restored_at) WHERE restored_at > 0;
