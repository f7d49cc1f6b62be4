package m365sim

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// filter is a parsed OData $filter. It is one of: and, or, not over its parts; a comparison; a function such as
// startswith; in with several values; any over a collection with a condition on its element.
type filter struct {
	op     string // and, or, not, eq, ne, gt, ge, lt, le, in, startswith, endswith, contains, any
	parts  []*filter
	field  string // the property's path, such as from/emailAddress/address
	values []any  // string, bool, float64, time.Time or nil
}

const maxFilterDepth = 40

// parseFilter reads a $filter; its errors are in the words of Microsoft's OData library.
func parseFilter(text string) (*filter, error) {
	p := &filterParser{text: text}
	if err := p.scan(text); err != nil {
		return nil, err
	}
	f, err := p.disjunction()
	if err != nil {
		return nil, err
	}
	if rest := p.peek(); rest.kind != tokenEnd {
		return nil, p.wrong("Syntax error", rest)
	}

	return f, nil
}

type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenText
	tokenSign
)

type filterToken struct {
	kind tokenKind
	text string
	at   int // its first byte in the filter
}

type filterParser struct {
	text   string
	tokens []filterToken
	at     int
	depth  int
	lambda string // the range variable inside any(x:...)
}

func (p *filterParser) peek() filterToken {
	if p.at >= len(p.tokens) {
		return filterToken{at: len(p.text)}
	}

	return p.tokens[p.at]
}

func (p *filterParser) next() filterToken {
	t := p.peek()
	p.at++

	return t
}

// accept takes the next token if it is this word or sign.
func (p *filterParser) accept(text string) bool {
	if t := p.peek(); t.kind == tokenText || !strings.EqualFold(t.text, text) || t.kind == tokenEnd {
		return false
	}
	p.at++

	return true
}

func (p *filterParser) expect(sign string) error {
	if p.accept(sign) {
		return nil
	}

	return p.wrong(map[string]string{")": "')' or operator expected", "(": "'(' expected", ",": "')' or ',' expected"}[sign], p.peek())
}

// filterError is a refusal in the words of Microsoft's OData library, whose capitals and periods are kept.
type filterError string

func (e filterError) Error() string { return string(e) }

// wrong says what is wrong, and where as a count of characters.
func (p *filterParser) wrong(what string, t filterToken) error {
	return filterError(fmt.Sprintf("%s at position %d in '%s'.", what, utf8.RuneCountInString(p.text[:t.at]), p.text))
}

func (p *filterParser) disjunction() (*filter, error) { return p.joined("or", p.conjunction) }
func (p *filterParser) conjunction() (*filter, error) { return p.joined("and", p.term) }

func (p *filterParser) joined(op string, part func() (*filter, error)) (*filter, error) {
	first, err := part()
	if err != nil {
		return nil, err
	}
	parts := []*filter{first}
	for p.accept(op) {
		more, err := part()
		if err != nil {
			return nil, err
		}
		parts = append(parts, more)
	}
	if len(parts) == 1 {
		return first, nil
	}

	return &filter{op: op, parts: parts}, nil
}

func (p *filterParser) term() (*filter, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxFilterDepth {
		return nil, filterError("Recursion depth exceeded allowed limit.")
	}
	if p.accept("not") {
		inner, err := p.term()
		return &filter{op: "not", parts: []*filter{inner}}, err
	}
	if p.accept("(") {
		inner, err := p.disjunction()
		if err != nil {
			return nil, err
		}
		return inner, p.expect(")")
	}

	return p.comparison()
}

func (p *filterParser) comparison() (*filter, error) {
	word := p.next()
	if word.kind != tokenWord {
		return nil, p.wrong("Expression expected", word)
	}
	if p.accept("(") {
		if collection, ok := strings.CutSuffix(word.text, "/any"); ok {
			return p.any(collection)
		}
		return p.function(strings.ToLower(word.text))
	}
	sign := p.next()
	op := strings.ToLower(sign.text)
	switch op {
	case "eq", "ne", "gt", "ge", "lt", "le":
		value, err := p.value()
		return &filter{op: op, field: p.property(word.text), values: []any{value}}, err
	case "in":
		values, err := p.values()
		return &filter{op: op, field: p.property(word.text), values: values}, err
	}

	return nil, p.wrong("Syntax error", sign)
}

// property is the path a word names; the lambda's variable itself is the empty path.
func (p *filterParser) property(word string) string {
	if p.lambda == "" {
		return word
	}
	if word == p.lambda {
		return ""
	}

	return strings.TrimPrefix(word, p.lambda+"/")
}

func (p *filterParser) any(collection string) (*filter, error) {
	named := p.next()
	variable, ok := strings.CutSuffix(named.text, ":")
	if !ok || p.lambda != "" {
		return nil, p.wrong("Syntax error", named)
	}
	p.lambda = variable
	inner, err := p.disjunction()
	p.lambda = ""
	if err != nil {
		return nil, err
	}

	return &filter{op: "any", field: collection, parts: []*filter{inner}}, p.expect(")")
}

func (p *filterParser) function(name string) (*filter, error) {
	if name != "startswith" && name != "endswith" && name != "contains" {
		return nil, filterError("An unknown function with name '" + name + "' was found. This may also be a function import or a " +
			"key lookup on a navigation property, which is not allowed.")
	}
	field := p.next()
	if err := p.expect(","); err != nil {
		return nil, err
	}
	value, err := p.value()
	if err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	// The older spelling "startswith(x,'y') eq true" means the same.
	if p.accept("eq") && !p.accept("true") {
		return nil, p.wrong("Syntax error", p.peek())
	}

	return &filter{op: name, field: p.property(field.text), values: []any{value}}, nil
}

func (p *filterParser) values() ([]any, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	var out []any
	for {
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		out = append(out, value)
		if !p.accept(",") {
			return out, p.expect(")")
		}
	}
}

func (p *filterParser) value() (any, error) {
	t := p.next()
	if t.kind == tokenText {
		return t.text, nil
	}
	switch strings.ToLower(t.text) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	case "null":
		return nil, nil
	}
	if at, err := time.Parse(time.RFC3339Nano, t.text); err == nil && t.kind == tokenWord {
		return at, nil
	}
	var number float64
	if n, err := fmt.Sscanf(t.text, "%g", &number); n == 1 && err == nil && t.kind == tokenWord {
		return number, nil
	}

	return nil, p.wrong("Syntax error", t)
}
