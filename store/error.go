package store

import (
	"context"
	"errors"

	"clawback"

	"github.com/mattn/go-sqlite3"
)

// busy turns a transaction that could not get its turn, or no space, into
// KindUnavailable; other errors stay as they are.
func busy(err error) error {
	var known *clawback.Error
	var native sqlite3.Error
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &native) && (native.Code == sqlite3.ErrBusy || native.Code == sqlite3.ErrLocked):
		return &clawback.Error{Kind: clawback.KindUnavailable, Err: err,
			Message: "Clawback is busy and nothing was changed. Try again in a moment."}
	case errors.As(err, &native) && native.Code == sqlite3.ErrFull:
		return &clawback.Error{Kind: clawback.KindUnavailable, Err: err,
			Message: "The disk with Clawback’s database is full and nothing was changed. Make space on it, then try again."}
	}
	return err
}

func unavailable(what string, err error) error {
	return &clawback.Error{Kind: clawback.KindUnavailable, Err: err, Message: "The database does not " + what + "."}
}

// isDuplicate says whether a row was refused because its key is taken.
func isDuplicate(err error) bool {
	var native sqlite3.Error
	return errors.As(err, &native) &&
		(native.ExtendedCode == sqlite3.ErrConstraintUnique || native.ExtendedCode == sqlite3.ErrConstraintPrimaryKey)
}

// conflict makes a KindConflict about one field of the input.
func conflict(field, message string) error {
	return &clawback.Error{Kind: clawback.KindConflict, Field: field, Message: message}
}
