package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// object is a JSON object that keeps the order of its members.
type object struct {
	names   []string
	members map[string]any // *object, []any, string, float64, bool or nil
}

func (o *object) at(name string) any {
	if o == nil {
		return nil
	}
	return o.members[name]
}

func (o *object) text(name string) string {
	s, _ := o.at(name).(string)
	return s
}

func (o *object) list(name string) []any {
	list, _ := o.at(name).([]any)
	return list
}

func (o *object) object(name string) *object {
	sub, _ := o.at(name).(*object)
	return sub
}

// ordered reads the published schema and keeps its order.
func ordered() (*object, error) {
	decoder := json.NewDecoder(bytes.NewReader(job))
	v, err := next(decoder)
	if err != nil {
		return nil, fmt.Errorf("reading the embedded schema: %w", err)
	}
	root, _ := v.(*object)
	return root, nil
}

func next(decoder *json.Decoder) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		o := &object{members: make(map[string]any)}
		for decoder.More() {
			name, err := decoder.Token()
			if err != nil {
				return nil, err
			}
			key, _ := name.(string)
			o.names = append(o.names, key)
			if o.members[key], err = next(decoder); err != nil {
				return nil, err
			}
		}
		_, err = decoder.Token()
		return o, err
	case json.Delim('['):
		list := []any{}
		for decoder.More() {
			item, err := next(decoder)
			if err != nil {
				return nil, err
			}
			list = append(list, item)
		}
		_, err = decoder.Token()
		return list, err
	}
	return token, nil
}

// plain returns v with ordinary maps.
func plain(v any) any {
	switch v := v.(type) {
	case *object:
		m := make(map[string]any, len(v.names))
		for _, name := range v.names {
			m[name] = plain(v.members[name])
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = plain(item)
		}
		return list
	}
	return v
}

func number(v any) string {
	f, ok := v.(float64)
	if !ok {
		return ""
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}
