package adopt

import (
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/resolver/files"
	"github.com/rescale-apply/rescale-apply/spec"
)

// sweep compares the table and the templates of doe with the files of the stored job. They
// have no ids before they are uploaded: what is compared here is then put into the object,
// as it is stored, so that it is no further field.
func (c *comparison) sweep(stored rescale.Job, object map[string]any) {
	for _, in := range c.job.Inputs {
		switch in.Use {
		case spec.ForRuns:
			c.table(in, stored.Params)
			object["paramFile"] = c.body["paramFile"]
		case spec.ForEach:
			c.template(in, stored)
			if was, now := entry(c.body, in.Tile), entry(object, in.Tile); now != nil {
				now["templateTasks"] = was["templateTasks"]
			}
		case spec.ForCommand, spec.Before, spec.After:
		}
	}
	c.otherTemplates(stored)
}

// entry returns the object of a tile; nil when there is none.
func entry(body map[string]any, tile int) map[string]any {
	list, _ := body["jobanalyses"].([]any)
	if tile >= len(list) {
		return nil
	}
	one, _ := list[tile].(map[string]any)
	return one
}

func (c *comparison) table(in files.Input, was rescale.Params) {
	field := string(in.Use) + " " + in.Name
	switch f := c.whole(was.File); {
	case !was.Known:
		c.unknown(field, "the platform does not say which table it has")
	case f.ID == "":
		c.differs(field, "", in.Identity())
	case f.SHA512 == "":
		c.unknown(field, "the platform has no checksum of file %s, so that nobody knows its content", f.ID)
	case !same(in, f):
		c.differs(field, "sha512:"+f.SHA512, in.Identity())
	}
}

// template compares by where it lands: its own name is nowhere to be seen.
func (c *comparison) template(in files.Input, stored rescale.Job) {
	field := prefix(in.Tile) + string(in.Use) + " " + in.To
	var f rescale.File
	if in.Tile < len(stored.Tiles) {
		templates := stored.Tiles[in.Tile].Templates
		if i := slices.IndexFunc(templates, func(t rescale.TileTemplate) bool { return t.To == in.To }); i >= 0 {
			f = c.whole(templates[i].File)
		}
	}
	switch {
	case f.ID == "":
		c.differs(field, "", in.Identity())
	case f.SHA512 == "":
		c.unknown(field, "the platform has no checksum of file %s, so that nobody knows its content", f.ID)
	case !strings.EqualFold(f.SHA512, in.SHA512):
		c.differs(field, "sha512:"+f.SHA512, in.Identity())
	}
}

// otherTemplates finds those that the manifest does not have, where it has any: else they
// are a further field.
func (c *comparison) otherTemplates(stored rescale.Job) {
	for i, tile := range stored.Tiles {
		lands := make(map[string]bool)
		for _, in := range c.job.Inputs {
			if in.Use == spec.ForEach && in.Tile == i {
				lands[in.To] = true
			}
		}
		for _, t := range tile.Templates {
			if len(lands) > 0 && !lands[t.To] {
				c.differs(prefix(i)+string(spec.ForEach)+" "+t.To, "id:"+t.File.ID, "")
			}
		}
	}
}
