package store_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clawback"
	"clawback/store"
	"clawback/store/storetest"
)

func TestOpen(t *testing.T) {
	t.Parallel()
	ctx := context.Background()

	t.Run("is healthy and has a boot of its own", func(t *testing.T) {
		t.Parallel()
		config := storetest.Config(t)
		first := storetest.Open(t, storetest.WithPath(config.Path+".other"))
		second := storetest.Open(t)
		if err := first.Healthy(ctx); err != nil {
			t.Errorf("Healthy() = %v", err)
		}
		if first.Boot() == "" || first.Boot() == second.Boot() {
			t.Errorf("boots %q and %q, want two different ones", first.Boot(), second.Boot())
		}
	})

	t.Run("opens again with the same key", func(t *testing.T) {
		t.Parallel()
		config := storetest.Config(t)
		for range 2 {
			s, err := store.Open(ctx, config)
			if err != nil {
				t.Fatalf("Open() = %v", err)
			}
			if err := s.Close(); err != nil {
				t.Fatalf("Close() = %v", err)
			}
		}
	})

	t.Run("refuses another key, and opens with the right one after", func(t *testing.T) {
		t.Parallel()
		config := storetest.Config(t)
		storetest.Open(t, storetest.WithPath(config.Path), storetest.WithKey(config.Key)).Close()
		wrong := config
		wrong.Key = storetest.Key(t)
		if _, err := store.Open(ctx, wrong); clawback.KindOf(err) != clawback.KindInvalid || clawback.FieldOf(err) != "key-file" {
			t.Errorf("Open() with another key = %v, want invalid key", err)
		}
		s, err := store.Open(ctx, config)
		if err != nil {
			t.Fatalf("Open() = %v", err)
		}
		s.Close()
	})

	for name, key := range map[string]string{"no key": "", "no keyset": "hunter2", "an empty keyset": "{}"} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			config := storetest.Config(t, storetest.WithKey([]byte(key)))
			if _, err := store.Open(ctx, config); clawback.FieldOf(err) != "key-file" {
				t.Errorf("Open() = %v, want an error about the key", err)
			}
		})
	}

	t.Run("lets nobody else read what it makes", func(t *testing.T) {
		t.Parallel()
		config := storetest.Config(t)
		s := must(store.Open(ctx, config))(t)
		defer s.Close()
		for _, ending := range []string{"", "-wal", "-shm", ".lock"} {
			if info := must(os.Stat(config.Path + ending))(t); info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %v, want 0600", filepath.Base(info.Name()), info.Mode().Perm())
			}
		}
	})

	t.Run("refuses a second process", func(t *testing.T) {
		t.Parallel()
		config := storetest.Config(t)
		storetest.Open(t, storetest.WithPath(config.Path), storetest.WithKey(config.Key))
		if _, err := store.Open(ctx, config); clawback.KindOf(err) != clawback.KindConflict {
			t.Errorf("second Open() = %v, want conflict", err)
		}
	})

	t.Run("names the database of a path that can't be used", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		text := filepath.Join(dir, "text")
		mustDo(t, os.WriteFile(text, []byte(strings.Repeat("not a database ", 100)), 0o600))
		for _, path := range []string{"", dir, text, filepath.Join(dir, "no", "clawback.db")} {
			config := storetest.Config(t)
			config.Path = path
			_, err := store.Open(ctx, config)
			wantField(t, "Open() of "+path, err, "database")
		}
		if kept, _ := os.ReadFile(text); !strings.HasPrefix(string(kept), "not a database") {
			t.Error("Open() changed a file that is not its own")
		}
	})

	t.Run("works in a folder with an odd name", func(t *testing.T) {
		t.Parallel()
		s := storetest.Open(t, storetest.WithPath(t.TempDir()+"/a b?c%20d#e.db"))
		if err := s.Healthy(ctx); err != nil {
			t.Errorf("Healthy() = %v", err)
		}
	})
}

func TestOpenBeside(t *testing.T) {
	t.Parallel()
	config := storetest.Config(t)
	_, err := store.OpenBeside(ctx, config)
	wantField(t, "where no database is", err, "database")
	if _, err := os.Stat(config.Path); err == nil {
		t.Error("it made a database")
	}

	portal := must(store.Open(ctx, config))(t)
	defer portal.Close()
	beside := must(store.OpenBeside(ctx, config))(t)
	n := store.NewToken{Name: "SIEM", Rights: clawback.AllRights(), Everywhere: true}
	secret := must(beside.CreateToken(ctx, storetest.Operator(), n))(t)
	mustDo(t, beside.Close())
	if actor := must(portal.ActorByToken(ctx, secret.Reveal()))(t); actor.Name != "SIEM" {
		t.Errorf("the portal knows %+v", actor)
	}
	must(portal.CreateToken(ctx, storetest.Operator(), n))(t)
	if v := must(portal.VerifyAudit(ctx))(t); v.Broken != nil {
		t.Errorf("the audit trail is broken: %+v", v.Broken)
	}

	other := config
	other.Key = storetest.Key(t)
	_, err = store.OpenBeside(ctx, other)
	wantField(t, "with another key", err, "key-file")
	stopped := storetest.Config(t)
	_, err = store.OpenBeside(ctx, store.Config{Path: newer(t, stopped), Key: stopped.Key})
	wantField(t, "of a newer Clawback", err, "database")
}

func TestOpenTellsNothingOfEachMigration(t *testing.T) {
	t.Parallel()
	var told bytes.Buffer
	config := storetest.Config(t)
	config.Log = slog.New(slog.NewTextHandler(&told, nil))
	s := must(store.Open(ctx, config))(t)
	mustDo(t, s.Close())
	if strings.Contains(told.String(), "river") || strings.Contains(told.String(), "migration") {
		t.Errorf("told %s", told.String())
	}
}
