package clawback

import (
	"errors"
	"fmt"
)

// Kind tells callers apart what went wrong; every kind has one HTTP status.
type Kind string

// The kinds of errors. An error of no kind is KindInternal.
const (
	KindInvalid         Kind = "invalid"
	KindNotFound        Kind = "not_found"
	KindConflict        Kind = "conflict"
	KindForbidden       Kind = "forbidden"
	KindUnauthenticated Kind = "unauthenticated"
	KindTooLarge        Kind = "too_large"
	KindTooMany         Kind = "too_many"
	KindUnavailable     Kind = "unavailable"
	KindInternal        Kind = "internal"
)

// Error is an error whose Message may be shown to the person who caused it:
// what happened, to what, and what to do next. Field names the input it is
// about, empty when it is about none.
type Error struct {
	Kind    Kind
	Message string
	Field   string
	Err     error
}

// Error answers the message with its cause, for the log.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Message
	}
	return e.Message + ": " + e.Err.Error()
}

// Unwrap answers the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error of a kind with a message for its reader.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Invalid makes an error about one field of the input.
func Invalid(field, format string, args ...any) *Error {
	return &Error{Kind: KindInvalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// NotFound says that a thing does not exist or may not be seen.
func NotFound(what string) *Error {
	return Errorf(KindNotFound, "This %s does not exist, or you may not see it.", what)
}

// KindOf answers the kind of an error; a foreign error is internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}

// MessageOf answers what may be shown of an error. A foreign error shows
// nothing of itself.
func MessageOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Message
	}
	return "Something went wrong on our side. Try again; if it stays, tell your contact the request id."
}

// FieldOf answers the input field an error is about, or "".
func FieldOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Field
	}
	return ""
}
