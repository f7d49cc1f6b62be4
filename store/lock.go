package store

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"clawback"
)

// fileLock keeps a second process away from the file: leases and the single
// writer hold only within one.
type fileLock struct{ file *os.File }

func lockFile(path string) (*fileLock, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, clawback.Invalid("database", "Nothing can be written in the database's folder: %v.", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		return nil, &clawback.Error{Kind: clawback.KindConflict, Err: err,
			Message: fmt.Sprintf("Another Clawback process has this database open (%s). Stop it first, or choose another file.", path)}
	}
	return &fileLock{file}, nil
}

func (l *fileLock) release() error {
	if l == nil {
		return nil
	}
	if err := l.file.Close(); !errors.Is(err, os.ErrClosed) {
		return err
	}
	return nil
}
