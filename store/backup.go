package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"clawback"
)

// Backup copies the database at from, as it is at one moment, into the new
// file to, which only its owner may read. The portal may go on working
// meanwhile. The key is not in it: keep that elsewhere. It returns KindConflict
// when there is a file already, and KindInvalid when from is no database of
// Clawback's or to can't be written.
func Backup(ctx context.Context, from, to string) error {
	if err := checkSQLite(); err != nil {
		return err
	}
	db, err := openExisting(ctx, from)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := checkFree(to); err != nil {
		return err
	}
	partial := to + ".partial"
	if err := claim(partial); err != nil {
		return err
	}
	if err := copyInto(ctx, db, partial, to); err != nil {
		return errors.Join(err, remove(partial))
	}
	return nil
}

// copyInto lets the copy have its name only once it is whole and on the disk.
func copyInto(ctx context.Context, db *sql.DB, partial, to string) error {
	// SQLite writes into an empty file, and never over another.
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, partial); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	if err := checkWhole(ctx, partial); err != nil {
		return fmt.Errorf("check the copy: %w", err)
	}
	if err := flush(partial); err != nil {
		return err
	}
	return rename(partial, to)
}

// openExisting opens a database for reading that must be there and be Clawback's.
func openExisting(ctx context.Context, path string) (*sql.DB, error) {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return nil, clawback.Errorf(clawback.KindInvalid, "There is no database file at %s.", path)
	}
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// Without query_only, under which SQLite refuses to write the copy too.
	db, err := sql.Open("sqlite3", dsn(absolute, url.Values{"mode": {"ro"}, "_busy_timeout": {"10000"}}))
	if err != nil {
		return nil, fmt.Errorf("open for reading: %w", err)
	}
	var id int
	if err := db.QueryRowContext(ctx, `SELECT id FROM installation`).Scan(&id); err != nil {
		return nil, errors.Join(clawback.Errorf(clawback.KindInvalid, "%s is not a database of Clawback's: %v.", path, err), db.Close())
	}
	return db, nil
}

func checkFree(path string) error {
	_, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return clawback.Errorf(clawback.KindInvalid, "%s can't be written: %v.", path, err)
	}
	return clawback.Errorf(clawback.KindConflict, "%s is there already, and a backup never overwrites. Name another file.", path)
}

// claim makes the empty file for one backup, which a second one to the same name finds taken.
func claim(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return clawback.Errorf(clawback.KindConflict, "%s is there: another backup is writing it, or one was interrupted. Remove it if none is running.", path)
	}
	if err != nil {
		return clawback.Errorf(clawback.KindInvalid, "The backup can't be written: %v.", err)
	}
	return file.Close()
}

// checkWhole reads all of a database file. It returns KindInvalid where it is damaged.
func checkWhole(ctx context.Context, path string) error {
	db, err := openExisting(ctx, path)
	if err != nil {
		return err
	}
	defer db.Close()
	var verdict string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&verdict); err != nil {
		return clawback.Errorf(clawback.KindInvalid, "%s is damaged: %v. Take another backup.", path, err)
	}
	if verdict != "ok" {
		return clawback.Errorf(clawback.KindInvalid, "%s is damaged: %s. Take another backup.", path, verdict)
	}
	return nil
}

func flush(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// rename moves a file within its folder, so that it stays moved after a power cut.
func rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
