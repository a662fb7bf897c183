package wire

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/rescale-apply/rescale-apply/internal/emulator/catalog"
)

// Analysis renders one software package (§4, §12.2).
func (s Style) Analysis(a *catalog.Analysis) map[string]any {
	industries := make([]object, len(a.Industries))
	for i, name := range a.Industries {
		industries[i] = object{"name": name, "icon": nil}
	}
	versions := make([]object, len(a.Versions))
	for i := range a.Versions {
		versions[i] = version(a.Code, &a.Versions[i])
	}
	out := object{
		"code": a.Code, "name": a.Name, "description": a.Description, "vendorName": a.VendorName, "pricing": a.Pricing,
		"thumbnail": s.Base + "/static/" + a.Code + ".png", "displayOrder": a.DisplayOrder,
		"industries": industries, "versions": versions,
		"hasRescaleLicense": a.HasRescaleLicense, "hasShortTermLicense": a.HasShortTermLicense,
		"hasOnDemandLicense": a.HasOnDemandLicense, "licenseSettings": orEmpty(a.LicenseSettings),
		"optimizerType": nil, "resources": []any{},
	}
	out["supportDesks"] = []object{{"code": "rescale", "displayName": "Rescale Support", "email": "support@example.com"}}
	give(out, a.Given)
	if s.V3 {
		delete(out, "supportDesks")
	}
	return out
}

func version(code string, v *catalog.Version) object {
	sum := sha256.Sum256([]byte(code + "/" + v.Code))
	return object{
		"id": fmt.Sprintf("v%x", sum[:3]), "version": v.Display, "versionCode": v.Code, "type": "compute",
		"allowedCoreTypes": v.CoreTypes, "mustBeRequested": v.MustBeRequested, "eula": nil, "oses": []string{"linux"},
		"stdCommand": v.StdCommand, "smpCommand": v.StdCommand, "mpiCommand": v.StdCommand,
	}
}

// CoreType renders one kind of hardware (§5, §12.3). Version 3 shows no prices.
func (s Style) CoreType(c *catalog.CoreType) map[string]any {
	out := object{
		"code": c.Code, "name": c.Name, "description": c.Description, "processorInfo": c.ProcessorInfo,
		"cores": c.Cores, "gpuCounts": c.GPUCounts, "memory": c.Memory, "storage": c.Storage,
		"io": c.IO, "storageIo": c.StorageIO, "compute": c.Compute,
		"remoteVizAllowed": c.RemoteVizAllowed, "hasSsd": c.HasSSD, "isPrimary": c.IsPrimary,
		"isDeprecated": c.IsDeprecated, "isActive": c.IsActive, "isDefault": c.IsDefault,
		"mustBeRequested": c.MustBeRequested, "displayOrder": c.DisplayOrder, "categoryCodes": c.CategoryCodes,
	}
	out["price"], out["lowPriorityPrice"], out["walltimeRequired"] = c.Price, c.LowPriorityPrice, c.WalltimeRequired
	if s.V3 && c.IO != "" {
		out["io"] = json.Number(c.IO)
	}
	give(out, c.Given)
	if s.V3 {
		for _, name := range []string{"price", "lowPriorityPrice", "walltimeRequired"} {
			delete(out, name)
		}
	}
	return out
}

// give prefers the members that were read from the API.
func give(out object, given map[string]json.RawMessage) {
	for name, value := range given {
		out[name] = value
	}
}

// Prices renders the price list (§5): on-demand priority as plan "instant", on-demand economy as plan "on-demand".
func Prices(types []catalog.CoreType) []any {
	out := []any{}
	for i := range types {
		c := &types[i]
		if c.Price <= 0 { // hidden by the workspace's admin
			continue
		}
		out = append(out, price(c, "instant", fmt.Sprintf("%.4f", c.Price)))
		if c.LowPriorityPrice != nil {
			out = append(out, price(c, "on-demand", *c.LowPriorityPrice))
		}
	}
	return out
}

func price(c *catalog.CoreType, plan, amount string) object {
	return object{
		"coreType": c.Code, "os": "linux", "planType": plan, "isActive": c.IsActive,
		"value": object{"amount": amount, "currency": "USD"},
	}
}
