package views

import (
	"slices"

	"clawback"
)

// Form is what was typed into a form and what is wrong with it.
type Form struct {
	Values map[string]string
	Lists  map[string][]string // of fields with several values; nil in a form that was not sent yet
	Errors []FieldError
}

// FieldError is one thing that is wrong; Field is empty where it is about no field.
type FieldError struct {
	Field   string
	Message string
	Kind    clawback.Kind
}

// HiddenField is a field that goes along unseen.
type HiddenField struct{ Name, Value string }

// Value answers what was typed into a field.
func (f Form) Value(field string) string { return f.Values[field] }

// ValueOr answers what was typed, or, in a form that was not sent yet, something else.
func (f Form) ValueOr(field, other string) string {
	if value, ok := f.Values[field]; ok {
		return value
	}
	return other
}

// Error answers what is wrong with a field, or "".
func (f Form) Error(field string) string {
	i := slices.IndexFunc(f.Errors, func(e FieldError) bool { return e.Field == field })
	if i < 0 {
		return ""
	}
	return f.Errors[i].Message
}

// Add takes an error into the form.
func (f *Form) Add(err error) {
	f.Errors = append(f.Errors, FieldError{Field: clawback.FieldOf(err), Message: clawback.MessageOf(err), Kind: clawback.KindOf(err)})
}

// Kind answers the kind of error that the form's answer is about: too large before anything else.
func (f Form) Kind() clawback.Kind {
	kind := clawback.KindInvalid
	for i, e := range f.Errors {
		if i == 0 && e.Kind != "" || e.Kind == clawback.KindTooLarge {
			kind = e.Kind
		}
	}
	return kind
}

// describedBy names the hint and the error of a field, for aria-describedby.
func describedBy(field string, hint, failed bool) string {
	switch {
	case hint && failed:
		return field + "-hint " + field + "-error"
	case hint:
		return field + "-hint"
	case failed:
		return field + "-error"
	}
	return ""
}
