package adopt

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The fields of a body that can change the result and have no part of their own: they are
// compared as they stand in both bodies. What is not among them is compared when the
// manifest has it under extra.
func jobFields() []string {
	return strings.Fields("paramFile caseFile jobvariables monteCarloIterations includeNominalRun isTemplateDryRun " +
		"resourceFilters archiveFilters optimizer")
}

func tileFields() []string {
	return strings.Fields("flags templateTasks inputFolders setupCommand stopCommand isCustomDoe")
}

// further compares the fields without a part. object is what the manifest would send.
func (c *comparison) further(object map[string]any) {
	c.fields("extra ", slices.Concat(jobFields(), names(c.job.Request.Extra)), c.body, object)
	was, _ := c.body["jobanalyses"].([]any)
	now, _ := object["jobanalyses"].([]any)
	for i := range min(len(was), len(now)) {
		stored, _ := was[i].(map[string]any)
		wanted, _ := now[i].(map[string]any)
		at := fmt.Sprintf("analyses[%d].extra ", i)
		own := slices.DeleteFunc(names(c.job.Request.JobAnalyses[i].Extra), func(name string) bool { return name == "hardware" })
		c.fields(at, append(own, tileFields()...), stored, wanted)
		c.machine(at, i, stored, wanted)
	}
}

// machine compares further fields of the hardware.
func (c *comparison) machine(at string, i int, stored, wanted map[string]any) {
	was, _ := stored["hardware"].(map[string]any)
	now, _ := wanted["hardware"].(map[string]any)
	own, _ := c.job.Request.JobAnalyses[i].Extra["hardware"].(map[string]any)
	if was["type"] == "compute" && now["type"] == nil {
		now = map[string]any{"type": "compute"} // the default
	}
	c.fields(at+"hardware.", append(names(own), "type"), was, now)
}

// fields compares those of a list, each once.
func (c *comparison) fields(at string, list []string, was, now map[string]any) {
	slices.Sort(list)
	for _, name := range slices.Compact(list) {
		stored, wanted := was[name], now[name]
		if name == "resourceFilters" && empty(wanted) && standardFilters(stored) || holds(stored, wanted) {
			continue
		}
		d := Difference{Field: at + name, Was: text(stored), Now: text(wanted)}
		if d.Was != "" && d.Now != "" {
			d.Why = fmt.Sprintf("it is %s in it, and %s here", brief(d.Was), brief(d.Now))
		}
		c.found = append(c.found, d)
	}
}

// holds reports whether a stored value is what was asked for. The platform fills objects
// with further members, and leaves out what is empty.
func holds(stored, wanted any) bool {
	if empty(wanted) {
		return empty(stored)
	}
	switch wanted := wanted.(type) {
	case map[string]any:
		members, is := stored.(map[string]any)
		for name, value := range wanted {
			if !is || !holds(members[name], value) {
				return false
			}
		}
		return is && (wanted["id"] != nil || coversAll(members, wanted))
	case []any:
		items, is := stored.([]any)
		if !is || len(items) != len(wanted) {
			return false
		}
		for i, value := range wanted {
			if !holds(items[i], value) {
				return false
			}
		}
		return true
	}
	return text(stored) == text(wanted)
}

// coversAll reports whether a stored object has no member of its own that says anything.
// One with an id is a reference, which the platform expands.
func coversAll(stored, wanted map[string]any) bool {
	for name, value := range stored {
		if _, asked := wanted[name]; !asked && name != "id" && !empty(value) {
			return false
		}
	}
	return true
}

// empty reports whether a value says nothing: the platform may as well leave it out.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		for _, member := range v {
			if !empty(member) {
				return false
			}
		}
		return true
	}
	return false
}

// standardFilters reports whether filters are those that the platform itself gives to a
// job that asks for none (rescale-api.md §6.1).
func standardFilters(v any) bool {
	list, _ := v.([]any)
	for _, item := range list {
		filter, _ := item.(map[string]any)
		selector, _ := filter["selector"].(string)
		standard := []string{"Analysis generated files", "Completed templates", "Input files"}
		if filter["include"] != true || !slices.Contains(standard, selector) {
			return false
		}
	}
	return true
}

// text writes a value as JSON, with equal texts for equal values; empty for one that says
// nothing.
func text(v any) string {
	if empty(v) {
		return ""
	}
	if s, plain := v.(string); plain {
		return s
	}
	data, err := json.Marshal(v)
	if err != nil {
		panic("adopt: what was JSON marshals: " + err.Error())
	}
	var again any
	_ = json.Unmarshal(data, &again) // numbers in one spelling
	if data, err = json.Marshal(again); err != nil {
		panic("adopt: what was JSON marshals: " + err.Error())
	}
	return string(data)
}

// brief cuts a value to what a line can hold.
func brief(s string) string {
	const most = 40
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return s
}

func names(fields map[string]any) []string { return slices.Collect(maps.Keys(fields)) }
