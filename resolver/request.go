package resolver

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
)

// request returns the create body (rescale-api.md §6) for the manifest. The executor
// adds the marker, the key, the values of secrets and the ids of files.
func request(s spec.Job, job Job, project string) rescale.JobRequest {
	priority, low := billing(s.Priority.V)
	body := rescale.JobRequest{
		Name: job.Title, Description: s.Description.V, ProjectID: project, ClusterID: s.ClusterID.V,
		BillingPriorityValue: priority, IsLowPriority: low,
		PublicKey: s.SSH.PublicKey.V, SSHPort: s.SSH.Port.V, CIDRRule: networks(s.SSH.CIDR),
		Extra: values(s.Extra),
	}
	for _, a := range s.Automations {
		body.Automations = append(body.Automations, rescale.JobAutomation{
			Automation: rescale.AutomationRef{ID: a.ID.V}, Environment: variables(a.Env),
		})
	}
	for i, tile := range s.Tiles {
		body.JobAnalyses = append(body.JobAnalyses, analysis(tile, job.Tiles[i]))
	}
	return body
}

func analysis(s spec.Tile, tile Tile) rescale.JobAnalysis {
	body := rescale.JobAnalysis{
		Analysis: rescale.AnalysisRef{Code: tile.Analysis, Version: tile.Version},
		Command:  s.Command.V,
		Hardware: rescale.Hardware{
			CoreType: tile.CoreType, CoresPerSlot: tile.Cores, Slots: tile.Slots, Walltime: tile.Walltime,
		},
		EnvVars:                  variables(s.Env),
		PreProcessScriptCommand:  s.PreProcess.Command.V,
		PostProcessScriptCommand: s.PostProcess.Command.V,
		Extra:                    values(s.Extra),
	}
	if s.Interactive.V {
		// igCv lets a command pass that the platform would refuse, such as none.
		body.Flags, body.Hardware.Type = map[string]bool{"igCv": true, "runForever": true}, rescale.Interactive
	}
	licensed(&body, s.License)
	return body
}

func variables(list []spec.Variable) map[string]string {
	env := make(map[string]string, len(list))
	for _, v := range list {
		env[v.Name.V] = v.Value.V
	}
	return env
}

// networks returns the rule for SSH; nil when the manifest has none, which is not the
// same as an empty one.
func networks(list []spec.Value[string]) *string {
	if len(list) == 0 {
		return nil
	}
	rule := strings.Join(spec.Texts(list), ",")
	return &rule
}

// billing returns the two fields that must agree (rescale-api.md §6.1).
func billing(p spec.Priority) (value string, low bool) {
	switch p {
	case spec.Economy:
		return rescale.PriorityOnDemand, true
	case spec.Reserved:
		return rescale.PriorityReserved, false
	case spec.OnDemand:
	}
	return rescale.PriorityInstant, false
}

func licensed(tile *rescale.JobAnalysis, l spec.License) {
	tile.UseRescaleLicense = l.Rescale
	if l.Seller.Written() {
		tile.OnDemandLicenseSeller = &rescale.LicenseSeller{Code: l.Seller.V, Name: cmp.Or(l.SellerName.V, l.Seller.V)}
	}
	for _, v := range l.Env() {
		tile.EnvVars[v.Name.V] = v.Value.V
	}
	var sets []rescale.FeatureSet
	for i, written := range l.FeatureSets() {
		set := rescale.FeatureSet{Name: cmp.Or(written.Name.V, fmt.Sprintf("USER_SPECIFIED_%d", i))}
		for _, f := range written.Features {
			set.Features = append(set.Features, rescale.LicenseFeature{Name: f.Name, Count: f.Count})
		}
		sets = append(sets, set)
	}
	if len(sets) > 0 {
		tile.UserDefinedLicenseSettings = &rescale.LicenseFeatures{FeatureSets: sets}
	}
}
