package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBackupAndRestore(t *testing.T) {
	c := installation(t)
	file := filepath.Join(t.TempDir(), "backup.db")
	database := "--database=" + c.Database
	key := "--key-file=" + c.KeyFile

	started(t, c, func(string) {
		if err := (backupCmd{File: file, Database: c.Database}).Run(context.Background()); err != nil {
			t.Fatalf("backup beside a running portal: %v", err)
		}
		if got := command(t, "restore", file, database, key, "--force"); !strings.Contains(got, "Another Clawback process has this database open") {
			t.Errorf("restore under a running portal says %q", got)
		}
		if got := command(t, "backup", file, database); !strings.Contains(got, "is there already") {
			t.Errorf("a second backup to the same file says %q", got)
		}
	})

	if got := command(t, "restore", file, database, key); !strings.HasPrefix(got, "--database (CLAWBACK_DATABASE): There is a database at ") || !strings.Contains(got, "--force") {
		t.Errorf("restore over a database says %q", got)
	}
	if got := command(t, "restore", file, database, key, "--force"); got != "" {
		t.Fatalf("restore --force says %q", got)
	}
	if kept, _ := filepath.Glob(c.Database + ".replaced-*"); len(kept) != 1 {
		t.Errorf("kept %v, want the database that was there", kept)
	}
	if got := command(t, "audit", "verify", database, key); got != "" {
		t.Errorf("audit verify of what was restored says %q", got)
	}
	started(t, c, func(address string) {
		if got := command(t, "health", "--url", address); got != "" {
			t.Errorf("health of what was restored says %q", got)
		}
	})
}

func TestRestoreElsewhere(t *testing.T) {
	c := installation(t)
	file, target := filepath.Join(t.TempDir(), "backup.db"), filepath.Join(t.TempDir(), "clawback.db")
	started(t, c, func(string) {
		if got := command(t, "backup", file, "--database="+c.Database); got != "" {
			t.Fatalf("backup says %q", got)
		}
	})
	other := installation(t)
	if got := command(t, "restore", file, "--database="+target, "--key-file="+other.KeyFile); !strings.HasPrefix(got, "--key-file (CLAWBACK_KEY_FILE): The key is not the one") {
		t.Errorf("restore with another key says %q", got)
	}
	if _, err := os.Stat(target); err == nil {
		t.Error("restore with another key left a database")
	}
	if err := (restoreCmd{File: file, Database: target, KeyFile: c.KeyFile}).Run(context.Background()); err != nil {
		t.Errorf("restore says %v", err)
	}
}

func TestBackupOfNothing(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "clawback.db")
	if got := command(t, "backup", missing+".copy", "--database="+missing); !strings.Contains(got, "There is no database file at "+missing) {
		t.Errorf("backup says %q", got)
	}
	if _, err := os.Stat(missing + ".copy"); err == nil {
		t.Error("backup of nothing left a file")
	}
}

func TestAuditVerifyTellsOfABreak(t *testing.T) {
	c := installation(t)
	file := filepath.Join(t.TempDir(), "backup.db")
	started(t, c, func(string) {
		if got := command(t, "backup", file, "--database="+c.Database); got != "" {
			t.Fatalf("backup says %q", got)
		}
	})
	if got := command(t, "restore", file, "--database="+c.Database, "--key-file="+c.KeyFile, "--force"); got != "" {
		t.Fatalf("restore says %q", got)
	}
	// What somebody does who rewrites history with an editor: the words of an event, in the file itself.
	content, err := os.ReadFile(c.Database)
	if err != nil {
		t.Fatal(err)
	}
	forged := strings.Replace(string(content), `"file":"backup.db"`, `"file":"hidden.db"`, 1)
	if forged == string(content) {
		t.Fatal("the event of the restore is not where this test looks for it")
	}
	if err := os.WriteFile(c.Database, []byte(forged), 0o600); err != nil {
		t.Fatal(err)
	}
	want := "the audit trail is broken: chain of the installation, event 1 "
	if got := command(t, "audit", "verify", "--database="+c.Database, "--key-file="+c.KeyFile); !strings.HasPrefix(got, want) {
		t.Errorf("audit verify says %q, want %q", got, want)
	}
}
