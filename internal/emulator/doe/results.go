package doe

import "strings"

// Value is what a run came to, under its name.
type Value struct{ Name, Value string }

// Results finds the values in what a script after a run printed: lines of a name, a tab and the value, as the scripts
// of the platform's examples write them. Other lines are talk.
func Results(text string) []Value {
	var out []Value
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		if ok && name != "" && !strings.ContainsAny(name, " \t") && !strings.Contains(value, "\t") {
			out = append(out, Value{Name: name, Value: strings.TrimSpace(value)})
		}
	}
	return out
}
