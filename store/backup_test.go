package store_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	"clawback"
	"clawback/store"
	"clawback/store/storetest"
)

func TestBackup(t *testing.T) {
	t.Parallel()

	t.Run("copies all, while the database is written", func(t *testing.T) {
		t.Parallel()
		config := storetest.Config(t)
		s := must(store.Open(ctx, config))(t)
		organization, _ := storetest.Ready(t, s)
		storetest.Draft(t, s, storetest.SOCAnalyst(), organization, "<a@evil.example>", "Überweisung offen")

		file := filepath.Join(t.TempDir(), "backup.db")
		var writing sync.WaitGroup
		begun, stop := make(chan struct{}), make(chan struct{})
		writing.Go(func() {
			close(begun)
			for {
				select {
				case <-stop:
					return
				default:
					if err := s.Bump(ctx); err != nil {
						t.Errorf("write beside the backup: %v", err)
						return
					}
				}
			}
		})
		<-begun
		err := store.Backup(ctx, config.Path, file)
		close(stop)
		writing.Wait()
		mustDo(t, err)
		mustDo(t, s.Close())

		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("stat = %v, %v, want mode 0600", info, err)
		}
		if left, _ := filepath.Glob(file + "?*"); len(left) > 0 {
			t.Errorf("left beside the backup: %v", left)
		}
		config.Path = file
		copied := must(store.Open(ctx, config))(t)
		defer copied.Close()
		found := must(copied.ListRemediations(ctx, storetest.SOCAnalyst(), clawback.RemediationFilter{Search: "uberweisung"}))(t)
		if len(found.Items) != 1 || found.Items[0].OrganizationID != organization.ID {
			t.Errorf("found %+v, want the remediation by a word of its subject", found.Items)
		}
		if v := must(copied.VerifyAudit(ctx))(t); v.Broken != nil || v.Events == 0 {
			t.Errorf("audit trail of the copy = %+v, want whole", v)
		}
	})

	t.Run("copies a database that nobody has open", func(t *testing.T) {
		t.Parallel()
		config := closed(t)
		file := filepath.Join(t.TempDir(), "backup.db")
		mustDo(t, store.Backup(ctx, config.Path, file))
		if _, err := os.Stat(file); err != nil {
			t.Error(err)
		}
	})

	t.Run("overwrites nothing", func(t *testing.T) {
		t.Parallel()
		config := closed(t)
		file := filepath.Join(t.TempDir(), "backup.db")
		mustDo(t, os.WriteFile(file, []byte("precious"), 0o644))
		err := store.Backup(ctx, config.Path, file)
		wantKind(t, "Backup() over a file", err, clawback.KindConflict)
		if kept, _ := os.ReadFile(file); string(kept) != "precious" {
			t.Errorf("the file holds %q, want what it held", kept)
		}
	})

	t.Run("leaves a backup that is being written alone", func(t *testing.T) {
		t.Parallel()
		config := closed(t)
		file := filepath.Join(t.TempDir(), "backup.db")
		mustDo(t, os.WriteFile(file+".partial", []byte("half"), 0o600))
		wantKind(t, "Backup() beside another", store.Backup(ctx, config.Path, file), clawback.KindConflict)
		if kept, _ := os.ReadFile(file + ".partial"); string(kept) != "half" {
			t.Errorf("the other backup holds %q, want what it held", kept)
		}
	})

	t.Run("refuses what is no database", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		text, empty := filepath.Join(dir, "text"), filepath.Join(dir, "empty")
		mustDo(t, os.WriteFile(text, []byte("not a database, and long enough to be looked at as one"), 0o600))
		mustDo(t, os.WriteFile(empty, nil, 0o600))
		for _, from := range []string{text, empty, dir, filepath.Join(dir, "missing")} {
			wantKind(t, "Backup() of "+from, store.Backup(ctx, from, filepath.Join(dir, "backup.db")), clawback.KindInvalid)
		}
		if _, err := os.Stat(filepath.Join(dir, "missing")); err == nil {
			t.Error("Backup() made the database it was to copy")
		}
	})

	t.Run("names a folder that is not there", func(t *testing.T) {
		t.Parallel()
		config := closed(t)
		wantKind(t, "Backup()", store.Backup(ctx, config.Path, filepath.Join(t.TempDir(), "no", "backup.db")), clawback.KindInvalid)
	})
}

// closed answers a database that was made and closed.
func closed(t *testing.T) store.Config {
	t.Helper()
	config := storetest.Config(t)
	mustDo(t, must(store.Open(ctx, config))(t).Close())
	return config
}
