package validate

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

// sellers are those that are known to sell licenses (rescale-api.md §6.2).
var sellers = []string{"rescale", "rescale-trial"}

// checkLicense refuses licenses that nobody offers for the software, and settings in a shape that is not documented.
func (w World) checkLicense(f form, tile *disk.Tile) {
	features(f)
	software, known := w.Catalog.Analysis(tile.Code)
	if !known {
		return
	}
	if tile.UseRescaleLicense && !software.HasRescaleLicense {
		f.at.field("useRescaleLicense").add(fmt.Sprintf("There is no Rescale license for analysis %q.", tile.Code))
	}
	raw, ok := f.optional("onDemandLicenseSeller")
	if !ok {
		return
	}
	seller, ok := openForm(raw, f.at.field("onDemandLicenseSeller"))
	if !ok {
		return
	}
	code := seller.requiredText("code")
	seller.text("name", "")
	if seller.at.empty() && (!slices.Contains(sellers, code) || !software.HasOnDemandLicense && !software.HasShortTermLicense) {
		seller.at.field("code").add(fmt.Sprintf("Nobody named %q sells licenses for analysis %q.", code, tile.Code))
	}
}

// features checks the sets of licensed features of which one must be free (rescale-api.md §6.2).
func features(f form) {
	raw, ok := f.optional("userDefinedLicenseSettings")
	if !ok {
		return
	}
	settings, ok := openForm(raw, f.at.field("userDefinedLicenseSettings"))
	if !ok {
		return
	}
	settings.each("featureSets", func(set form) {
		set.requiredText("name")
		set.each("features", func(feature form) {
			feature.requiredText("name")
			if count, ok := feature.required("count"); ok {
				feature.number("count", count)
			}
		})
	})
}

// each reads the objects of a list that must be there.
func (f form) each(name string, read func(form)) {
	raw, ok := f.required(name)
	if !ok {
		return
	}
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil {
		f.at.field(name).add(fmt.Sprintf("Expected a list of items but got type %q.", kind(raw)))
		return
	}
	for i, at := range f.at.field(name).list(len(items)) {
		if member, ok := openForm(items[i], at); ok {
			read(member)
		}
	}
}
