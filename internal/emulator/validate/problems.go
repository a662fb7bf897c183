package validate

import "encoding/json"

// problems collects messages in the shape of the request they are about, as Django REST Framework answers them.
type problems struct {
	messages []string
	fields   map[string]*problems
	items    []*problems
}

func (p *problems) add(message string) { p.messages = append(p.messages, message) }

func (p *problems) field(name string) *problems {
	if p.fields == nil {
		p.fields = map[string]*problems{}
	}
	if p.fields[name] == nil {
		p.fields[name] = &problems{}
	}
	return p.fields[name]
}

// list makes p a list of n members and returns them.
func (p *problems) list(n int) []*problems {
	p.items = make([]*problems, n)
	for i := range p.items {
		p.items[i] = &problems{}
	}
	return p.items
}

func (p *problems) empty() bool {
	if len(p.messages) > 0 {
		return false
	}
	for _, f := range p.fields {
		if !f.empty() {
			return false
		}
	}
	for _, item := range p.items {
		if !item.empty() {
			return false
		}
	}
	return true
}

// MarshalJSON writes messages as a list of strings, members as an object, and a list with {} for members without
// problems.
func (p *problems) MarshalJSON() ([]byte, error) {
	switch {
	case len(p.messages) > 0:
		return json.Marshal(p.messages)
	case p.items != nil && !p.empty():
		return json.Marshal(p.items)
	}
	out := map[string]*problems{}
	for name, f := range p.fields {
		if !f.empty() {
			out[name] = f
		}
	}
	return json.Marshal(out)
}
