package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"clawback"

	"github.com/google/uuid"
)

// scanner is a row, of one or of many.
type scanner interface{ Scan(dest ...any) error }

// all answers every row of a query.
func all[T any](tx *Tx, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := tx.query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()

	var items []T
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, rows.Err()
}

// one answers the row of a query. It returns KindNotFound, naming what, when there is none.
func one[T any](tx *Tx, what string, scan func(scanner) (T, error), query string, args ...any) (T, error) {
	item, err := scan(tx.queryRow(query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return item, clawback.NotFound(what)
	}
	return item, err
}

// scanText reads a row of one text column.
func scanText(row scanner) (string, error) {
	var text string
	err := row.Scan(&text)
	return text, err
}

// moment reads a column of epoch milliseconds.
type moment struct{ to *time.Time }

func (m moment) Scan(value any) error {
	n, ok := value.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", value)
	}
	*m.to = at(n)
	return nil
}

// jsonText reads a column of JSON.
type jsonText struct{ to any }

func (j jsonText) Scan(value any) error {
	switch text := value.(type) {
	case string:
		return json.Unmarshal([]byte(text), j.to)
	case []byte:
		return json.Unmarshal(text, j.to)
	}
	return fmt.Errorf("JSON is stored as %T", value)
}

// jsonOf answers a value as a column of JSON; an empty list is [].
func jsonOf[T any](list []T) string {
	if len(list) == 0 {
		return "[]"
	}
	text, err := json.Marshal(list)
	if err != nil {
		panic(err) // our own plain types always marshal
	}
	return string(text)
}

// ms answers a time as it is stored; 0 for none.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// at answers a stored time in UTC; zero for 0.
func at(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// newID answers an id that sorts by its time.
func newID() string { return uuid.Must(uuid.NewV7()).String() }
