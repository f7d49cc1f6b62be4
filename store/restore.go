package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"clawback"
)

// restoredHalt is what everybody reads who waits for a removal after a restore.
const restoredHalt = "The database was restored from a backup. What was protected, stopped or put back since then is not in it: " +
	"check that with the customers, then let removals go on."

// Restore puts a backup in the place of the database at config.Path, brings its
// schema up to date, and answers where a database that was there is kept; empty
// where none was. Since the backup a mailbox may have been protected and a
// removal stopped, so all removals are halted and everybody is signed out. It
// returns KindConflict when the database is in use, or is there and replace is
// not set, and KindInvalid when the backup is damaged, is of a newer Clawback,
// or was sealed with another key; then nothing has changed.
func Restore(ctx context.Context, config Config, from string, replace bool) (kept string, err error) {
	path, err := filepath.Abs(config.Path)
	if err != nil {
		return "", fmt.Errorf("database path %q: %w", config.Path, err)
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return "", err
	}
	defer lock.release()
	if err := checkReplace(path, from, replace); err != nil {
		return "", err
	}

	config.Path = path + ".restoring"
	if err := removeDatabase(config.Path); err != nil {
		return "", err
	}
	if err := stage(ctx, config, from); err != nil {
		return "", errors.Join(err, removeDatabase(config.Path))
	}
	now := time.Now
	if config.Now != nil {
		now = config.Now
	}
	if kept, err = keepAside(path, now()); err != nil {
		return "", err
	}
	return kept, rename(config.Path, path)
}

func checkReplace(path, from string, replace bool) error {
	present, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return clawback.Invalid("database", "%s can't be used: %v.", path, err)
	}
	if backup, err := os.Stat(from); err == nil && os.SameFile(present, backup) {
		return clawback.Errorf(clawback.KindInvalid, "%s is the database itself, not a backup.", from)
	}
	if !replace {
		return conflict("database", "There is a database at "+path+" already. Give --force to put the backup in its place; the present one is kept beside it.")
	}
	return nil
}

// stage makes what will be put there and opens it once, beside the place of the
// database: what can't be opened never replaces anything.
func stage(ctx context.Context, config Config, from string) error {
	if err := checkWhole(ctx, from); err != nil {
		return err
	}
	if err := Backup(ctx, from, config.Path); err != nil {
		return err
	}
	s, err := Open(ctx, config)
	if err != nil {
		return err
	}
	if err := errors.Join(s.noteRestore(ctx, filepath.Base(from)), s.Close()); err != nil {
		return err
	}
	if _, err := os.Stat(config.Path + "-wal"); err == nil {
		return fmt.Errorf("%s-wal was left over: the restored database is not whole", config.Path)
	}
	return errors.Join(remove(config.Path+".lock"), flush(config.Path))
}

// noteRestore halts every removal, signs everybody out and leaves a trace of the restore.
func (s *Store) noteRestore(ctx context.Context, file string) error {
	actor := clawback.Bot("the command line")
	err := s.inTx(ctx, func(tx *Tx) error {
		ended, err := tx.exec(`UPDATE sessions SET ended_at = ? WHERE ended_at = 0`, ms(tx.now))
		if err != nil {
			return err
		}
		if _, err := tx.exec(`DELETE FROM web_sessions`); err != nil {
			return err
		}
		// The halt of the restore takes the place of an earlier one, which the audit trail keeps.
		if _, err := tx.exec(`DELETE FROM halts WHERE organization_id = ''`); err != nil {
			return err
		}
		return tx.audit(actor, auditEvent{Action: "database.restored", SubjectName: file, After: map[string]any{"file": file, "sessions_ended": ended}})
	})
	if err != nil {
		return err
	}
	return s.SetHalt(ctx, actor, "", restoredHalt)
}

// keepAside moves a database with its log out of the way and answers where to.
// A log without a database goes too: beside a new one it would be played into it.
func keepAside(path string, now time.Time) (string, error) {
	aside := path + ".replaced-" + now.UTC().Format("20060102T150405.000Z")
	if err := checkFree(aside); err != nil {
		return "", err
	}
	if err := remove(path + "-shm"); err != nil {
		return "", err
	}
	kept := ""
	for _, ending := range []string{"", "-wal"} {
		err := os.Rename(path+ending, aside+ending)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("keep the present database: %w", err)
		}
		if ending == "" {
			kept = aside
		}
	}
	return kept, nil
}

// removeDatabase removes what an interrupted restore left of its own file.
func removeDatabase(path string) error {
	var err error
	for _, ending := range []string{"", "-wal", "-shm", ".lock", ".partial"} {
		err = errors.Join(err, remove(path+ending))
	}
	return err
}
