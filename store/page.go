package store

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"clawback"
)

// cursorOf answers the opaque cursor behind a row, from what orders it.
func cursorOf(keys ...any) string {
	text, err := json.Marshal(keys)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

// readCursor fills the keys of a cursor and says whether there is one. It
// returns KindInvalid for a cursor that is none of ours.
func readCursor(cursor string, keys ...any) (bool, error) {
	if cursor == "" {
		return false, nil
	}
	broken := clawback.Invalid("cursor", "This cursor is not one that a list has given. Start again from the first page.")
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return false, broken
	}
	var parts []json.RawMessage
	if json.Unmarshal(text, &parts) != nil || len(parts) != len(keys) {
		return false, broken
	}
	for i, key := range keys {
		if json.Unmarshal(parts[i], key) != nil {
			return false, broken
		}
	}
	return true, nil
}

// pageOf makes a page of the rows that were read, one more than were asked for.
func pageOf[T any](rows []T, query clawback.PageQuery, total int, cursor func(T) string) clawback.Page[T] {
	page := clawback.Page[T]{Items: rows, Total: total}
	if limit := query.Rows(); len(rows) > limit {
		page.Items = rows[:limit]
		page.Next = cursor(rows[limit-1])
	}
	return page
}

// where gathers the conditions of a query.
type where struct {
	clauses []string
	args    []any
}

func (w *where) add(clause string, args ...any) {
	w.clauses = append(w.clauses, "("+clause+")")
	w.args = append(w.args, args...)
}

func (w *where) scope(scope clawback.Scope, column string) {
	clause, args := scopeSQL(scope, column)
	w.add(clause, args...)
}

func (w *where) String() string { return " WHERE " + strings.Join(w.clauses, " AND ") }

// with answers the arguments and some more.
func (w *where) with(args ...any) []any { return append(w.args[:len(w.args):len(w.args)], args...) }

// like answers a pattern for LIKE ... ESCAPE '\' that finds the text anywhere.
func like(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text) + "%"
}
