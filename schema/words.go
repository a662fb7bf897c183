package schema

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// message returns the words that the schema has beside a rule.
func message(rule map[string]any, keyword string) string {
	s, _ := rule[keyword].(string)
	return s
}

// subject names a value in a sentence.
func subject(path []string) string {
	if len(path) == 0 {
		return "the manifest"
	}
	return spoken(path)
}

// under says where a key stands; empty for the top level.
func under(path []string) string {
	if len(path) == 0 {
		return ""
	}
	return " under " + spoken(path)
}

func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return "number"
}

func article(want string) string {
	switch want {
	case "string":
		return "a text"
	case "integer":
		return "a whole number"
	case "number":
		return "a number"
	case "boolean":
		return "true or false"
	case "array":
		return "a list"
	}
	return "a mapping"
}

// describe shows a value in a sentence, at most a few words of it.
func describe(v any) string {
	switch v := v.(type) {
	case string:
		return shorten(v)
	case bool:
		return strconv.FormatBool(v)
	case json.Number:
		return v.String()
	}
	return article(typeOf(v))
}

// maxShown is how many characters of a user's text are shown in a sentence.
const maxShown = 40

// shorten quotes the beginning of the first line of a user's text.
func shorten(s string) string {
	if line, _, more := strings.Cut(s, "\n"); more && utf8.RuneCountInString(line) <= maxShown {
		s = line + "…"
	} else if runes := []rune(s); len(runes) > maxShown {
		s = string(runes[:maxShown]) + "…"
	}
	return `"` + s + `"`
}

// correction returns the hint for a value of the wrong type.
func correction(at failure, want string) string {
	s, text := at.value.(string)
	switch {
	case want == "boolean" && text:
		return yesNo(s)
	case (want == "integer" || want == "number") && text:
		return plainNumber(at, s)
	case want == "array" && typeOf(at.value) != "object" && len(at.path) > 0:
		return fmt.Sprintf("write a list: %s: [%s]", at.path[len(at.path)-1], flow(at.value))
	}
	if example := such(at); example != "" {
		return "write something like " + example
	}
	return ""
}

func yesNo(s string) string {
	switch strings.ToLower(s) {
	case "yes", "on", "y", "true":
		return "write true"
	case "no", "off", "n", "false":
		return "write false"
	}
	return "write true or false"
}

func plainNumber(at failure, s string) string {
	if strings.Trim(s, "0123456789.+-eE") == "" && (s == "0" || !strings.HasPrefix(s, "0")) {
		if _, err := strconv.ParseFloat(s, 64); err == nil {
			return "remove the quotes: " + s
		}
	}
	if n, err := strconv.ParseInt(s, 0, 64); err == nil && !(len(s) > 1 && s[0] == '0' && s[1] >= '0' && s[1] <= '9') {
		return "write it in plain digits: " + strconv.FormatInt(n, 10)
	}
	hint := "write it in plain digits"
	if example, ok := firstExample(at.rule); ok {
		hint += ", such as " + flow(example)
	}
	return hint
}

// such returns an example of what a rule wants, with its key; empty for a rule without
// examples.
func such(at failure) string {
	example, ok := firstExample(at.rule)
	if !ok {
		return ""
	}
	if len(at.path) == 0 || isIndex(at.path[len(at.path)-1]) {
		return flow(example)
	}
	return at.path[len(at.path)-1] + ": " + flow(example)
}

func firstExample(rule map[string]any) (any, bool) {
	examples, _ := rule["examples"].([]any)
	if len(examples) == 0 {
		return nil, false
	}
	return examples[0], true
}

// flow writes a value as YAML on one line.
func flow(v any) string {
	switch v := v.(type) {
	case string:
		return word(v)
	case []any:
		items := make([]string, 0, len(v))
		for _, item := range v {
			items = append(items, flow(item))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case *object:
		return flowMapping(v.names, v.members)
	case map[string]any:
		return flowMapping(sortedKeys(v), v)
	}
	return fmt.Sprint(v)
}

func flowMapping(names []string, values map[string]any) string {
	members := make([]string, 0, len(names))
	for _, name := range names {
		members = append(members, word(name)+": "+flow(values[name]))
	}
	return "{" + strings.Join(members, ", ") + "}"
}

// word quotes a text unless it is safely a bare word that begins with a letter.
func word(s string) string {
	for i, c := range s {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		inner := c >= '0' && c <= '9' || strings.ContainsRune("_-./@", c)
		if !letter && (i == 0 || !inner) {
			return strconv.Quote(s)
		}
	}
	if s == "" || s == "true" || s == "false" || s == "null" {
		return strconv.Quote(s)
	}
	return s
}

func list(words []string, conjunction string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}
