package schema

import (
	"net/url"
	"strconv"
	"strings"
)

// split splits a pointer of the JSON schema library, which escapes the tokens of RFC
// 6901 once more for URLs.
func split(pointer string) []string {
	if pointer == "" || pointer == "/" {
		return nil
	}
	path := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, token := range path {
		if plain, err := url.PathUnescape(token); err == nil {
			token = plain
		}
		path[i] = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
	}
	return path
}

// join makes an RFC 6901 pointer.
func join(path []string) string {
	var b strings.Builder
	for _, token := range path {
		b.WriteByte('/')
		b.WriteString(strings.ReplaceAll(strings.ReplaceAll(token, "~", "~0"), "/", "~1"))
	}
	return b.String()
}

// lookup finds the value at path.
func lookup(v any, path []string) (any, bool) {
	for _, token := range path {
		switch node := v.(type) {
		case map[string]any:
			next, ok := node[token]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(node) {
				return nil, false
			}
			v = node[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// spoken writes a path as people do: inputs[0].exclude.
func spoken(path []string) string {
	var b strings.Builder
	for _, token := range path {
		switch {
		case isIndex(token) && b.Len() > 0:
			b.WriteString("[" + token + "]")
			continue
		case b.Len() > 0:
			b.WriteByte('.')
		}
		if strings.ContainsAny(token, " \t\n.\"") || len(token) > maxShown {
			token = shorten(token)
		}
		b.WriteString(token)
	}
	return b.String()
}

func isIndex(token string) bool {
	_, err := strconv.Atoi(token)
	return err == nil
}
