package manifest

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/spec/expr"
)

// middles takes from texts what all begin and end with, and returns that and what is left
// of each. It cuts no word and no number.
func middles(values []string) (before, behind string, cells []string) {
	before = values[0]
	for _, v := range values {
		before = before[:common(before, v)]
	}
	for before != "" && !clean(before, values) {
		_, size := utf8.DecodeLastRuneInString(before)
		before = before[:len(before)-size]
	}
	rests := make([]string, len(values))
	for i, v := range values {
		rests[i] = v[len(before):]
	}
	behind = rests[0]
	for _, v := range rests {
		for !strings.HasSuffix(v, behind) {
			_, size := utf8.DecodeRuneInString(behind)
			behind = behind[size:]
		}
	}
	for behind != "" && !ends(behind, rests) {
		_, size := utf8.DecodeRuneInString(behind)
		behind = behind[size:]
	}
	for _, rest := range rests {
		cells = append(cells, strings.TrimSuffix(rest, behind))
	}
	return before, behind, cells
}

// common is the length of what both begin with, in whole characters.
func common(a, b string) int {
	n := 0
	for i, r := range a {
		if !strings.HasPrefix(b[min(i, len(b)):], string(r)) {
			break
		}
		n = i + utf8.RuneLen(r)
	}
	return min(n, len(a))
}

// clean reports whether all texts can be cut behind before.
func clean(before string, values []string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	for _, v := range values {
		next, _ := utf8.DecodeRuneInString(v[len(before):])
		if inside(last, next) {
			return false
		}
	}
	return true
}

// ends reports whether all texts can be cut before behind.
func ends(behind string, values []string) bool {
	first, size := utf8.DecodeRuneInString(behind)
	second, _ := utf8.DecodeRuneInString(behind[size:])
	if first == '.' && unicode.IsDigit(second) {
		return false
	}
	for _, v := range values {
		last, _ := utf8.DecodeLastRuneInString(strings.TrimSuffix(v, behind))
		if last == utf8.RuneError || first != '.' && inside(last, first) {
			return false
		}
	}
	return true
}

// inside reports whether a cut between two neighbours would cut a word or a number, or leave
// nothing; between a letter and a digit it cuts neither.
func inside(a, b rune) bool {
	switch {
	case a == utf8.RuneError || b == utf8.RuneError:
		return true
	case a == '.':
		return unicode.IsDigit(b)
	case b == '.':
		return unicode.IsDigit(a)
	}
	return unicode.IsLetter(a) && unicode.IsLetter(b) || unicode.IsDigit(a) && unicode.IsDigit(b)
}

// numbers reports whether all cells are numbers as a manifest writes them, so that they
// stay the same texts.
func numbers(cells []string) bool {
	for _, cell := range cells {
		if n, ok := expr.Number(cell); !ok || n.String() != cell {
			return false
		}
	}
	return true
}
