package manifest

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/schema"
)

// document returns a job as a mapping, without version and name, in the order of the
// reference. Defaults that other jobs of a sweep may change are marked.
func document(job convert.Job) *node {
	n := object()
	n.text("title", job.Title)
	n.with("description", lines(job.Description))
	n.text("project", job.Project)
	n.with("tags", texts(unrepeated(job.Tags)))
	n.with("customFields", jsonOf(job.CustomFields).orNil())
	n.with("priority", priority(job.Priority))
	n.with("secrets", texts(job.Secrets))
	extra := slices.Clone(job.Extra)
	if len(job.Tiles) == 1 {
		only := tile(job.Tiles[0])
		for i, name := range only.names {
			n.with(name, only.items[i])
		}
		extra = append(extra, job.Tiles[0].Extra...)
	} else {
		n.with("analyses", analyses(n, job.Tiles))
	}
	n.with("doe", doe(job.DOE))
	n.with("outputs", object().with("download", texts(job.Outputs.Download)).with("exclude", texts(job.Outputs.Exclude)).orNil())
	n.with("adopt", adopted(job.Adopt))
	n.with("storage", texts(job.Storage))
	n.with("uploads", object().text("folder", job.Uploads.Folder).with("tags", texts(job.Uploads.Tags)).orNil())
	n.with("automations", list(job.Automations, automation))
	n.with("ssh", access(job.SSH))
	n.text("clusterId", job.ClusterID)
	n.with("extra", jsonOf(extra).orNil())
	n.annotate(job.Notes)
	return n.opened(job.Open).ordered("")
}

// analyses lists the tiles, less the hardware that all of them share: it goes to the top.
func analyses(top *node, tiles []convert.Tile) *node {
	all := &node{kind: sequence, lines: true}
	shared := len(tiles) > 0
	for _, t := range tiles {
		n := tile(t).with("extra", jsonOf(t.Extra).orNil()).ordered("analyses[].")
		n.lines = true
		all.items = append(all.items, n)
		shared = shared && n.member("hardware").equal(all.items[0].member("hardware"))
	}
	if !shared {
		return all
	}
	top.with("hardware", all.items[0].member("hardware"))
	for i, n := range all.items {
		rest := n.without(func(name string, _ *node) bool { return name == "hardware" })
		all.items[i] = rest
	}
	return all
}

// tile returns the keys of one software, without extra.
func tile(t convert.Tile) *node {
	n := object()
	analysis := object().text("code", t.Code)
	if t.Version != "" {
		analysis.with("version", version(t.Version))
	}
	n.with("analysis", analysis.orNil())
	n.with("hardware", hardware(t.Hardware))
	n.with("license", license(t.License))
	if inputs := list(t.Inputs, input); inputs != nil {
		inputs.lines = slices.ContainsFunc(inputs.items, func(i *node) bool { return i.kind == mapping && len(i.names) > 1 || i.note != "" })
		n.with("inputs", inputs)
	}
	n.with("env", variables(t.Env))
	n.with("command", lines(t.Command))
	n.with("preProcess", script(t.PreProcess))
	n.with("postProcess", script(t.PostProcess))
	n.flag("interactive", t.Interactive)
	n.annotate(t.Notes)
	return n
}

func hardware(h convert.Hardware) *node {
	n := object().text("coreType", h.CoreType)
	if h.CoresPerSlot != 0 {
		n.with("coresPerSlot", number(h.CoresPerSlot))
	}
	slots := number(max(h.Slots, 1))
	slots.usual = slots.value == "1"
	return n.with("slots", slots).text("walltime", h.Walltime)
}

func priority(p convert.Priority) *node {
	n := scalar(string(cmp.Or(p, convert.OnDemand)))
	n.usual = n.value == string(convert.OnDemand)
	return n
}

func adopted(id string) *node {
	n := scalar(id)
	n.usual = id == ""
	return n
}

func license(l convert.License) *node {
	if l.Rescale {
		return scalar("rescale")
	}
	n := object().with("servers", variables(l.Servers))
	seller := scalar(l.Seller)
	if l.SellerName != "" && l.SellerName != l.Seller {
		seller = object().text("code", l.Seller).text("name", l.SellerName)
	}
	if l.Seller != "" {
		n.with("seller", seller)
	}
	if len(l.FeatureSets) == 1 && usualSet(l.FeatureSets[0].Name) {
		return n.with("features", list(l.FeatureSets[0].Features, feature)).orNil()
	}
	return n.with("featureSets", list(l.FeatureSets, func(s convert.FeatureSet) *node {
		return object().text("name", s.Name).with("features", list(s.Features, feature))
	})).orNil()
}

// usualSet reports whether the name of a set says nothing: clients make them up.
func usualSet(name string) bool { return name == "" || strings.HasPrefix(name, "USER_SPECIFIED") }

func feature(f convert.Feature) *node {
	return object().text("name", f.Name).with("count", number(f.Count))
}

func input(i convert.Input) *node {
	n := object().text("path", i.Path).text("id", i.ID).with("exclude", texts(i.Exclude)).text("pack", i.Pack).text("as", i.As)
	n.flag("template", i.Template).with("template", texts(i.Templates))
	if i.Packed {
		n.with("decompress", &node{kind: literal, value: "false"})
	}
	if i.Path != "" && len(n.names) == 1 {
		n = scalar(i.Path)
	}
	n.note = i.Note
	return n
}

func script(s convert.Script) *node {
	return object().text("script", s.Path).text("id", s.ID).text("command", s.Command).orNil()
}

func doe(d convert.DOE) *node {
	return object().text("params", d.Params).with("templates", list(d.Templates, func(t convert.Template) *node {
		return object().text("path", t.Path).text("to", t.To)
	})).orNil()
}

func automation(a convert.Automation) *node {
	if len(a.Env) == 0 {
		return scalar(a.ID)
	}
	return object().text("id", a.ID).with("env", variables(a.Env))
}

func access(s convert.SSH) *node {
	n := object().text("publicKey", s.PublicKey)
	switch len(s.CIDR) {
	case 0:
	case 1:
		n.with("cidr", scalar(s.CIDR[0]))
	default:
		n.with("cidr", texts(s.CIDR))
	}
	if s.Port != 0 {
		n.with("port", number(s.Port))
	}
	return n.orNil()
}

// unrepeated returns the tags, each once, as a manifest wants them.
func unrepeated(tags []string) (once []string) {
	for _, tag := range tags {
		if !slices.Contains(once, tag) {
			once = append(once, tag)
		}
	}
	return once
}

// annotate puts comments behind the keys that they are for. A key that is not there gets
// its comment nowhere.
func (n *node) annotate(notes convert.Notes) {
	for path, note := range notes {
		at := n
		for _, name := range strings.Split(path, ".") {
			if at = at.member(name); at == nil {
				break
			}
		}
		if at != nil {
			at.note = note
		}
	}
}

// reference is the place of each key in the reference.
var reference = sync.OnceValue(func() map[string]int {
	places := make(map[string]int)
	for i, entry := range schema.Reference() {
		places[entry.Key] = i + 1
	}
	return places
})

// ordered returns the mapping in the order of the reference. A key that is not in it stays
// behind the one that it follows.
func (n *node) ordered(prefix string) *node {
	place := make(map[string]int, len(n.names))
	last := 0
	for _, name := range n.names {
		if at := reference()[prefix+name]; at > 0 {
			last = at
		}
		place[name] = last
	}
	rest := *n
	rest.names, rest.items = slices.Clone(n.names), nil
	slices.SortStableFunc(rest.names, func(a, b string) int { return cmp.Compare(place[a], place[b]) })
	for _, name := range rest.names {
		rest.items = append(rest.items, n.member(name))
	}
	return &rest
}
