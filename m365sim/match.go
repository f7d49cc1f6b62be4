package m365sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// entity is one thing as Graph shows it: properties by name, nested ones as maps.
type entity = map[string]any

// fieldRules say which properties of a type a $filter may name, and with which operators.
type fieldRules map[string][]string

// check refuses a filter which Graph would refuse: silence would hide a client's mistake.
func (rules fieldRules) check(f *filter) error {
	for _, part := range f.parts {
		if f.op == "any" {
			break
		}
		if err := rules.check(part); err != nil {
			return err
		}
	}
	if f.field == "" {
		return nil
	}
	allowed, ok := rules[f.field]
	if !ok {
		return fmt.Errorf("could not find a property named '%s', or it can't be filtered", f.field)
	}
	if !slices.Contains(allowed, f.op) {
		return fmt.Errorf("operator '%s' is not supported for property '%s'", f.op, f.field)
	}

	return f.checkAny()
}

// checkAny allows only the element itself inside any(): its equality, start or end.
func (f *filter) checkAny() error {
	if f.op != "any" {
		return nil
	}
	for _, leaf := range f.leaves() {
		if leaf.field != "" || !slices.Contains([]string{"eq", "startswith", "endswith"}, leaf.op) {
			return fmt.Errorf("the condition inside any() on '%s' is not supported", f.field)
		}
	}

	return nil
}

// leaves are the conditions under and, or, not and any.
func (f *filter) leaves() []*filter {
	if len(f.parts) == 0 {
		return []*filter{f}
	}
	var out []*filter
	for _, part := range f.parts {
		out = append(out, part.leaves()...)
	}

	return out
}

// fields are the properties of the type that the filter names, in its order.
func (f *filter) fields() []string {
	if len(f.parts) == 0 || f.op == "any" {
		return []string{f.field}
	}
	var out []string
	for _, part := range f.parts {
		out = append(out, part.fields()...)
	}

	return out
}

// matches evaluates the filter on an entity.
func (f *filter) matches(e entity) bool {
	switch f.op {
	case "and":
		return !slices.ContainsFunc(f.parts, func(part *filter) bool { return !part.matches(e) })
	case "or":
		return slices.ContainsFunc(f.parts, func(part *filter) bool { return part.matches(e) })
	case "not":
		return !f.parts[0].matches(e)
	case "any":
		elements, _ := at(e, f.field).([]string)
		return slices.ContainsFunc(elements, func(x string) bool { return f.parts[0].matches(entity{"": x}) })
	}

	return f.holds(at(e, f.field))
}

func (f *filter) holds(actual any) bool {
	switch f.op {
	case "startswith", "endswith", "contains":
		text, ok := actual.(string)
		part, isText := f.values[0].(string)
		return ok && isText && textMatch[f.op](strings.ToLower(text), strings.ToLower(part))
	case "in":
		return slices.ContainsFunc(f.values, func(v any) bool { return equal(actual, v) })
	case "eq":
		return equal(actual, f.values[0])
	case "ne":
		return !equal(actual, f.values[0])
	}
	order, comparable := compare(actual, f.values[0])
	switch f.op {
	case "gt":
		return comparable && order > 0
	case "ge":
		return comparable && order >= 0
	case "lt":
		return comparable && order < 0
	default:
		return comparable && order <= 0
	}
}

var textMatch = map[string]func(text, part string) bool{
	"startswith": strings.HasPrefix, "endswith": strings.HasSuffix, "contains": strings.Contains,
}

func equal(actual, wanted any) bool {
	if a, ok := actual.(string); ok {
		if b, ok := wanted.(string); ok {
			return strings.EqualFold(a, b)
		}
	}
	if order, ok := compare(actual, wanted); ok {
		return order == 0
	}

	return actual == nil && wanted == nil || isBool(actual) && actual == wanted
}

func isBool(v any) bool { _, ok := v.(bool); return ok }

func compare(actual, wanted any) (int, bool) {
	switch b := wanted.(type) {
	case time.Time:
		if a, ok := actual.(string); ok {
			at, err := time.Parse(time.RFC3339Nano, a)
			return at.Compare(b), err == nil
		}
	case string:
		if a, ok := actual.(string); ok {
			return strings.Compare(strings.ToLower(a), strings.ToLower(b)), true
		}
	case float64:
		if a, ok := actual.(int); ok {
			return int(float64(a) - b), true
		}
	}

	return 0, false
}

// at answers the property at a path, nil where there is none.
func at(e entity, path string) any {
	var value any = e
	if path == "" {
		return e[""]
	}
	for _, name := range strings.Split(path, "/") {
		inner, ok := value.(entity)
		if !ok {
			return nil
		}
		value = inner[name]
	}

	return value
}

// all answers the filter and everything under it.
func (f *filter) all() []*filter {
	out := []*filter{f}
	for _, part := range f.parts {
		out = append(out, part.all()...)
	}

	return out
}
