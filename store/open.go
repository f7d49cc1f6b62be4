package store

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"clawback"

	"github.com/google/uuid"
	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

//go:embed migrations/sqlite/*.sql
var migrations embed.FS

// Older SQLite can lose a WAL write.
const (
	oldestSQLite     = 3_051_003
	oldestSQLiteName = "3.51.3"
)

const readers = 8

// Open opens the database file, makes it where there is none, and brings its
// schema up to date. It returns KindConflict when another process has the file
// open and KindInvalid when the path or the key is unusable.
func Open(ctx context.Context, config Config) (*Store, error) {
	s, path, err := prepare(config)
	if err != nil {
		return nil, err
	}
	if s.lock, err = lockFile(path + ".lock"); err != nil {
		return nil, err
	}
	createPrivate(path)
	if err := s.start(ctx, path); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// OpenBeside opens the database of a portal that may be running, for one use
// case that makes no job and takes no lease, such as a token. It changes no
// schema: KindInvalid says that there is no database of this very version.
func OpenBeside(ctx context.Context, config Config) (*Store, error) {
	s, path, err := prepare(config)
	if err != nil {
		return nil, err
	}
	if err := s.startBeside(ctx, path); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// prepare makes a store that has nothing open yet, and answers the whole path of its file.
func prepare(config Config) (*Store, string, error) {
	if err := checkSQLite(); err != nil {
		return nil, "", err
	}
	if config.Path == "" {
		return nil, "", clawback.Invalid("database", "There is no path for the database file.")
	}
	path, err := filepath.Abs(config.Path)
	if err != nil {
		return nil, "", fmt.Errorf("database path %q: %w", config.Path, err)
	}
	seal, err := newSealer(config.Key)
	if err != nil {
		return nil, "", err
	}
	s := &Store{
		seal: seal, boot: uuid.NewString(), now: config.Now, log: cmp.Or(config.Log, slog.Default()),
		retention: cmp.Or(config.KeptEmailRetention, clawback.KeptEmailRetention), integration: config.Integration,
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s, path, nil
}

func (s *Store) startBeside(ctx context.Context, path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() == 0 {
		return clawback.Invalid("database", "There is no database at %s. Name the portal's.", path)
	}
	if s.writer, err = openWriter(path); err != nil {
		return err
	}
	if err := checkFTS5(ctx, s.writer); err != nil {
		return err
	}
	provider, err := s.migrations()
	if err != nil {
		return err
	}
	if err := checkSchema(ctx, provider); err != nil {
		return err
	}
	older, err := provider.HasPending(ctx)
	if err != nil {
		return fmt.Errorf("version of the schema: %w", err)
	}
	if older {
		return clawback.Invalid("database", "It was written by an older Clawback. Start the portal of this version once, then repeat.")
	}
	if s.reader, err = openReader(path); err != nil {
		return err
	}
	return s.checkKey(ctx)
}

// createPrivate makes a new database file its owner's alone, which SQLite would let everybody read; its log files get the
// same mode. Why a file can't be made is SQLite's to say.
func createPrivate(path string) {
	if file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err == nil {
		file.Close()
	}
}

func (s *Store) start(ctx context.Context, path string) error {
	var err error
	if s.writer, err = openWriter(path); err != nil {
		return err
	}
	if err := checkFTS5(ctx, s.writer); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if s.reader, err = openReader(path); err != nil {
		return err
	}
	s.jobs, err = river.NewClient(riversqlite.New(s.writer), &river.Config{Logger: s.log})
	if err != nil {
		return fmt.Errorf("job client: %w", err)
	}
	return s.checkKey(ctx)
}

// statementCache is how many prepared statements a connection keeps: the work on
// a batch repeats the same few for each of its mailboxes.
const statementCache = "100"

// writerCache is how much of the file the writing connection keeps, in KiB below
// zero: a removal from ten thousand mailboxes goes over the same pages again and again.
const writerCache = "-16000"

func openWriter(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", dsn(path, url.Values{
		"_journal_mode": {"WAL"},
		"_busy_timeout": {"10000"},
		"_txlock":       {"immediate"},
		"_foreign_keys": {"on"},
		"_synchronous":  {"FULL"},
		"_cache_size":   {writerCache},

		"_stmt_cache_size": {statementCache},
	}))
	if err != nil {
		return nil, fmt.Errorf("open for writing: %w", err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func openReader(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", dsn(path, url.Values{
		"mode":          {"ro"},
		"_query_only":   {"1"},
		"_busy_timeout": {"10000"},

		"_stmt_cache_size": {statementCache},
	}))
	if err != nil {
		return nil, fmt.Errorf("open for reading: %w", err)
	}
	db.SetMaxOpenConns(readers)
	db.SetMaxIdleConns(readers)
	return db, nil
}

func dsn(path string, options url.Values) string {
	return (&url.URL{Scheme: "file", Path: path, RawQuery: options.Encode()}).String()
}

func checkSQLite() error {
	if name, number, _ := sqlite3.Version(); number < oldestSQLite {
		return fmt.Errorf("SQLite %s is too old: %s or newer is needed", name, oldestSQLiteName)
	}
	return nil
}

func checkFTS5(ctx context.Context, db *sql.DB) error {
	var there bool
	if err := db.QueryRowContext(ctx, `SELECT sqlite_compileoption_used('ENABLE_FTS5')`).Scan(&there); err != nil {
		return unusable(err)
	}
	if !there {
		return errors.New("this build lacks full-text search: build with -tags sqlite_fts5")
	}
	return nil
}

// unusable says of a first query that failed what is wrong with the file.
func unusable(err error) error {
	var native sqlite3.Error
	if errors.As(err, &native) && slices.Contains([]sqlite3.ErrNo{sqlite3.ErrNotADB, sqlite3.ErrCantOpen, sqlite3.ErrPerm, sqlite3.ErrReadonly}, native.Code) {
		return clawback.Invalid("database", "The file can't be used as Clawback's database: %v.", err)
	}
	return fmt.Errorf("open database: %w", err)
}

func (s *Store) migrations() (*goose.Provider, error) {
	folder, err := fs.Sub(migrations, "migrations/sqlite")
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, s.writer, folder, goose.WithSlog(s.log))
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return provider, nil
}

func (s *Store) migrate(ctx context.Context) error {
	provider, err := s.migrations()
	if err != nil {
		return err
	}
	if err := checkSchema(ctx, provider); err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	jobs, err := rivermigrate.New(riversqlite.New(s.writer), &rivermigrate.Config{Logger: slog.New(warnings{s.log.Handler()})})
	if err != nil {
		return fmt.Errorf("job migrations: %w", err)
	}
	if _, err := jobs.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("migrate jobs: %w", err)
	}
	return nil
}

// warnings keeps quiet what is no warning: River's migrations tell of each step.
type warnings struct{ slog.Handler }

// Enabled leaves out what is less than a warning.
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

// checkSchema refuses a database that a newer Clawback has changed: this one does not know its rules.
func checkSchema(ctx context.Context, provider *goose.Provider) error {
	version, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("version of the schema: %w", err)
	}
	sources := provider.ListSources()
	if newest := sources[len(sources)-1].Version; version > newest {
		return clawback.Invalid("database", "It was written by a newer Clawback (schema %d, this one knows %d). Start that version, or restore a backup of before the upgrade.", version, newest)
	}
	return nil
}
