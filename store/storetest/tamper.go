package storetest

import (
	"database/sql"
	"net/url"
	"testing"
)

// Exec runs SQL on the file of a store that is open, on a connection of its own:
// what no use case does, such as making a table refuse its rows.
func Exec(t testing.TB, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite3", (&url.URL{Scheme: "file", Path: path, RawQuery: "_busy_timeout=10000"}).String())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
