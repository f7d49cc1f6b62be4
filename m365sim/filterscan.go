package m365sim

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// scan splits the text into words, quoted texts and signs.
func (p *filterParser) scan(text string) error {
	for len(text) > 0 {
		at := len(p.text) - len(text)
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case unicode.IsSpace(r):
			text = text[size:]
		case r == '\'':
			value, rest, ok := quoted(text[1:])
			if !ok {
				return p.wrong("There is an unterminated string literal", filterToken{at: len(p.text)})
			}
			p.tokens = append(p.tokens, filterToken{tokenText, value, at})
			text = rest
		case strings.ContainsRune("(),", r):
			p.tokens = append(p.tokens, filterToken{tokenSign, text[:1], at})
			text = text[1:]
		default:
			text = p.word(text)
		}
	}

	return nil
}

// quoted reads up to the closing quote; a doubled quote stands for one.
func quoted(text string) (string, string, bool) {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "'")
		if !found {
			return "", "", false
		}
		out.WriteString(before)
		if !strings.HasPrefix(after, "'") {
			return out.String(), after, true
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
	p.tokens = append(p.tokens, filterToken{tokenWord, word, len(p.text) - len(text)})

	return text[end:]
}
