package m365sim

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// scan splits the text into words, quoted texts and signs.
func (p *filterParser) scan(text string) error {
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case unicode.IsSpace(r):
			text = text[size:]
		case r == '\'':
			value, rest, err := quoted(text[1:])
			if err != nil {
				return err
			}
			p.tokens = append(p.tokens, filterToken{tokenText, value})
			text = rest
		case strings.ContainsRune("(),", r):
			p.tokens = append(p.tokens, filterToken{tokenSign, text[:1]})
			text = text[1:]
		default:
			text = p.word(text)
		}
	}

	return nil
}

// quoted reads up to the closing quote; a doubled quote stands for one.
func quoted(text string) (string, string, error) {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "'")
		if !found {
			return "", "", fmt.Errorf("there is an unterminated string literal")
		}
		out.WriteString(before)
		if !strings.HasPrefix(after, "'") {
			return out.String(), after, nil
		}
		out.WriteByte('\'')
		text = after[1:]
	}
}

// word reads up to a space, sign or quote. The colon of a lambda ends a word only where it is one's last sign.
func (p *filterParser) word(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("(),'", r) })
	if end < 0 {
		end = len(text)
	}
	word := text[:end]
	if len(p.tokens) > 0 && p.tokens[len(p.tokens)-1].text == "(" {
		if variable, _, found := strings.Cut(word, ":"); found && variable != "" && len(p.tokens) > 1 &&
			strings.HasSuffix(p.tokens[len(p.tokens)-2].text, "/any") {
			end = len(variable) + 1
			word = text[:end]
		}
	}
	p.tokens = append(p.tokens, filterToken{tokenWord, word})

	return text[end:]
}
