package store

import (
	"strings"
	"unicode/utf8"

	"clawback"

	"github.com/google/uuid"
)

// The most characters that one line and one text of people's input may have.
const (
	maxLine = 200
	maxText = 2000
)

// text answers a field without space around it. It returns KindInvalid for what is too long or no text.
func text(field, value string, most int) (string, error) {
	value = strings.TrimSpace(value)
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return "", clawback.Invalid(field, "This holds characters that can't be kept. Type it anew.")
	}
	if n := utf8.RuneCountInString(value); n > most {
		return "", clawback.Invalid(field, "This has %d characters. Use at most %d.", n, most)
	}
	return value, nil
}

// required is text that must be there; missing says what to enter.
func required(field, value string, most int, missing string) (string, error) {
	value, err := text(field, value, most)
	if err == nil && value == "" {
		err = clawback.Invalid(field, "%s", missing)
	}
	return value, err
}

// guid answers an id of Microsoft's in its one spelling.
func guid(field, value, what string) (string, error) {
	id, err := uuid.Parse(strings.TrimSpace(value))
	if err != nil {
		return "", clawback.Invalid(field, "Enter the %s: it looks like 3f2504e0-4f89-41d3-9a0c-0305e82c3301.", what)
	}
	return id.String(), nil
}

// firstOf answers the first error there is.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
