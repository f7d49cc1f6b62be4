package m365sim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// cmdletError is a refusal in Exchange's own words, which are sentences.
type cmdletError string

func (e cmdletError) Error() string { return string(e) }

func cmdletFailure(format string, args ...any) error {
	return cmdletError(fmt.Sprintf(format, args...))
}

// onlyParams refuses a parameter which the cmdlet does not have; allowed are lower case.
func (c *exchangeCall) onlyParams(allowed []string) error {
	for name := range c.params {
		if !slices.Contains(allowed, strings.ToLower(name)) {
			return cmdletFailure("A parameter cannot be found that matches parameter name '%s'.", name)
		}
	}

	return nil
}

func missingMandatory(name string) error {
	return cmdletFailure("Cannot process command because of one or more missing mandatory parameters: %s.", name)
}

// param finds a parameter by its name in any case, as PowerShell does.
func (c *exchangeCall) param(name string) any {
	for given, value := range c.params {
		if strings.EqualFold(given, name) {
			return value
		}
	}

	return nil
}

// texts reads a multi-valued parameter: one text, or a list.
func (c *exchangeCall) texts(name string) []string {
	switch value := c.param(name).(type) {
	case string:
		if value != "" {
			return []string{value}
		}
	case []any:
		var out []string
		for _, one := range value {
			out = append(out, fmt.Sprint(one))
		}
		return out
	}

	return nil
}

func (c *exchangeCall) text(name string) string { return c.textOr(name, "") }

func (c *exchangeCall) textOr(name, otherwise string) string {
	if texts := c.texts(name); len(texts) > 0 {
		return texts[0]
	}

	return otherwise
}

// date reads a time; one without a zone is UTC.
func (c *exchangeCall) date(name string) (time.Time, error) {
	text := c.text(name)
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateTime,
		"01/02/2006 15:04:05", time.DateOnly, "01/02/2006"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}

	return time.Time{}, cmdletFailure("Cannot process argument transformation on parameter '%s'. Cannot convert value "+
		"\"%s\" to type \"System.DateTime\".", name, text)
}
