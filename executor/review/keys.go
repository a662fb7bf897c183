package review

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// plain refuses keys that programs read in different ways: one that is there twice, and one
// that is only in other letters what a review reads. People and policies would look at one
// value, and this program at another. The decoder is at the beginning of the text.
func plain(decoder *json.Decoder) error {
	known := make(map[string]string)
	collect(reflect.TypeFor[file](), known)
	var open []map[string]bool // the keys of each object that is open; nil for a list
	key := false               // whether a key is next
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("it is no JSON object of a plan: %w", err)
		}
		switch delim, _ := token.(json.Delim); {
		case delim == '{':
			open, key = append(open, make(map[string]bool)), true
			continue
		case delim == '[':
			open, key = append(open, nil), false
			continue
		case delim == '}' || delim == ']':
			open = open[:len(open)-1]
		case key:
			name, _ := token.(string)
			if err := fits(name, open[len(open)-1], known); err != nil {
				return err
			}
			key = false
			continue
		}
		key = len(open) > 0 && open[len(open)-1] != nil
	}
}

func fits(name string, seen map[string]bool, known map[string]string) error {
	folded := fold(name)
	if seen[folded] {
		return fmt.Errorf("an object in it has the key %q twice", name)
	}
	seen[folded] = true
	if right, ours := known[folded]; ours && right != name {
		return fmt.Errorf("it has the key %q, which is written %q", name, right)
	}
	return nil
}

// fold makes keys equal that encoding/json takes for one.
func fold(name string) string { return strings.ToLower(strings.ToUpper(name)) }

// collect adds the keys of a type, and of what is in it.
func collect(of reflect.Type, known map[string]string) {
	switch of.Kind() { //nolint:exhaustive // others hold no keys
	case reflect.Pointer, reflect.Slice:
		collect(of.Elem(), known)
	case reflect.Struct:
		for field := range of.Fields() {
			if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" {
				known[fold(name)] = name
			}
			collect(field.Type, known)
		}
	}
}
