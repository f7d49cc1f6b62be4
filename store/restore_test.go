package store_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clawback"
	"clawback/store"
	"clawback/store/storetest"

	"github.com/google/uuid"
)

func TestRestore(t *testing.T) {
	t.Parallel()

	t.Run("brings the backup back, halted, signed out and told of", func(t *testing.T) {
		t.Parallel()
		config, file := backedUp(t, func(s *store.Store) {
			storetest.Organization(t, s)
			signIn(t, s)
			mustDo(t, s.SetHalt(ctx, storetest.Operator(), "", "halted before the backup"))
		})
		mustDo(t, os.Remove(config.Path))

		kept := must(store.Restore(ctx, config, file, false))(t)
		if kept != "" {
			t.Errorf("kept %q, want nothing: there was none", kept)
		}
		s := must(store.Open(ctx, config))(t)
		defer s.Close()
		if list := must(s.ListOrganizations(ctx, storetest.Operator()))(t); len(list) != 1 {
			t.Errorf("%d organizations, want the one of the backup", len(list))
		}
		halt := must(s.Halted(ctx, "any"))(t)
		if halt == nil || halt.OrganizationID != "" || !strings.Contains(halt.Reason, "restored from a backup") {
			t.Errorf("halt = %+v, want one of every organization that says why", halt)
		}
		if open := s.Text(t, `SELECT COUNT(*) FROM sessions WHERE ended_at = 0`); open != "0" {
			t.Errorf("%s sessions are open, want none", open)
		}
		if n := s.Text(t, `SELECT COUNT(*) FROM audit_events WHERE action = 'database.restored' AND subject_name = 'backup.db'`); n != "1" {
			t.Errorf("%s events tell of the restore, want 1", n)
		}
		if v := must(s.VerifyAudit(ctx))(t); v.Broken != nil {
			t.Errorf("audit trail = %+v, want whole", v.Broken)
		}
		if info, err := os.Stat(config.Path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("stat = %v, %v, want mode 0600", info, err)
		}
	})

	t.Run("keeps the database it replaces", func(t *testing.T) {
		t.Parallel()
		config, file := backedUp(t, nil)
		s := must(store.Open(ctx, config))(t)
		later := storetest.Organization(t, s)
		mustDo(t, s.Close())

		kept := must(store.Restore(ctx, config, file, true))(t)
		if names := organizations(t, config); len(names) != 0 {
			t.Errorf("organizations = %v, want none as in the backup", names)
		}
		old := config
		old.Path = kept
		if names := organizations(t, old); len(names) != 1 || names[0] != later.Name {
			t.Errorf("organizations of %s = %v, want %s", kept, names, later.Name)
		}
		if left, _ := filepath.Glob(config.Path + ".restoring*"); len(left) > 0 {
			t.Errorf("left over: %v", left)
		}
	})

	t.Run("moves a log away that belongs to no database", func(t *testing.T) {
		t.Parallel()
		config, file := backedUp(t, nil)
		mustDo(t, os.Remove(config.Path))
		mustDo(t, os.WriteFile(config.Path+"-wal", []byte("of another database"), 0o600))
		must(store.Restore(ctx, config, file, false))(t)
		if _, err := os.Stat(config.Path + "-wal"); err == nil {
			t.Error("the old log lies beside the new database")
		}
	})

	t.Run("takes up after a restore that was interrupted", func(t *testing.T) {
		t.Parallel()
		config, file := backedUp(t, nil)
		mustDo(t, os.WriteFile(config.Path+".restoring", []byte("half"), 0o600))
		must(store.Restore(ctx, config, file, true))(t)
		organizations(t, config)
	})

	for name, c := range map[string]struct {
		spoil func(t *testing.T, config *store.Config, file *string)
		force bool
		kind  clawback.Kind
		field string
	}{
		"a database that is there": {func(*testing.T, *store.Config, *string) {}, false, clawback.KindConflict, "database"},
		"a database that is open": {func(t *testing.T, config *store.Config, _ *string) {
			s := must(store.Open(ctx, *config))(t)
			t.Cleanup(func() { s.Close() })
		}, true, clawback.KindConflict, ""},
		"another key": {func(t *testing.T, config *store.Config, _ *string) {
			config.Key = storetest.Key(t)
		}, true, clawback.KindInvalid, "key-file"},
		"a damaged backup": {func(t *testing.T, _ *store.Config, file *string) {
			damage(t, *file)
		}, true, clawback.KindInvalid, ""},
		"a newer backup": {func(t *testing.T, config *store.Config, file *string) {
			*file = newer(t, *config)
		}, true, clawback.KindInvalid, "database"},
		"the database itself": {func(_ *testing.T, config *store.Config, file *string) {
			*file = config.Path
		}, true, clawback.KindInvalid, ""},
		"no backup": {func(_ *testing.T, _ *store.Config, file *string) {
			*file += ".missing"
		}, true, clawback.KindInvalid, ""},
	} {
		t.Run("refuses "+name+" and changes nothing", func(t *testing.T) {
			t.Parallel()
			config, file := backedUp(t, nil)
			path, key := config.Path, config.Key
			c.spoil(t, &config, &file)
			before := must(os.ReadFile(path))(t)

			_, err := store.Restore(ctx, config, file, c.force)
			wantKind(t, "Restore()", err, c.kind)
			wantField(t, "Restore()", err, c.field)
			if string(must(os.ReadFile(path))(t)) != string(before) {
				t.Error("the database has changed")
			}
			if left, _ := filepath.Glob(path + ".re*"); len(left) > 0 {
				t.Errorf("left over: %v", left)
			}
			if name != "a database that is open" {
				config.Path, config.Key = path, key
				organizations(t, config)
			}
		})
	}
}

// backedUp makes a database, fills it and answers it with a backup.
func backedUp(t *testing.T, fill func(s *store.Store)) (store.Config, string) {
	t.Helper()
	config := storetest.Config(t)
	s := must(store.Open(ctx, config))(t)
	if fill != nil {
		fill(s)
	}
	file := filepath.Join(t.TempDir(), "backup.db")
	mustDo(t, store.Backup(ctx, config.Path, file))
	mustDo(t, s.Close())
	return config, file
}

func signIn(t *testing.T, s *store.Store) {
	t.Helper()
	must(s.SignIn(ctx, clawback.Identity{TenantID: storetest.ProviderTenant, ObjectID: uuid.NewString(), Name: "Olga Operator",
		StaffRoles: []clawback.Role{clawback.RoleOperator}}))(t)
}

func organizations(t *testing.T, config store.Config) []string {
	t.Helper()
	s := must(store.Open(ctx, config))(t)
	defer s.Close()
	var names []string
	for _, o := range must(s.ListOrganizations(ctx, storetest.Operator()))(t) {
		names = append(names, o.Name)
	}
	return names
}

// damage overwrites the second half of a file.
func damage(t *testing.T, path string) {
	t.Helper()
	content := must(os.ReadFile(path))(t)
	for i := len(content) / 2; i < len(content); i++ {
		content[i] = 0xAA
	}
	mustDo(t, os.WriteFile(path, content, 0o600))
}

// newer makes a backup of a schema that is yet to come.
func newer(t *testing.T, config store.Config) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "newer.db")
	s := must(store.Open(ctx, config))(t)
	s.Exec(t, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`)
	mustDo(t, store.Backup(ctx, config.Path, file))
	s.Exec(t, `DELETE FROM goose_db_version WHERE version_id = 99999`)
	mustDo(t, s.Close())
	return file
}
