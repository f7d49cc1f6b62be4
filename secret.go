package clawback

import "log/slog"

const redacted = "[redacted]"

// Secret is a credential that never shows itself: not in a log, a page, an
// error or JSON. Reveal is the only way to its value.
type Secret struct{ value string }

// NewSecret wraps a credential.
func NewSecret(value string) Secret { return Secret{value: value} }

// Reveal answers the credential, for the call that needs it.
func (s Secret) Reveal() string { return s.value }

// IsZero says whether there is no credential.
func (s Secret) IsZero() bool { return s.value == "" }

// String answers a placeholder.
func (s Secret) String() string { return redacted }

// GoString answers a placeholder.
func (s Secret) GoString() string { return redacted }

// LogValue answers a placeholder.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON answers a placeholder.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText answers a placeholder.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
