package resolver

import (
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
)

// request is the create body (rescale-api.md §6) as the manifest asks for it.
// The executor adds the marker, the key and the ids of the input files.
func request(s spec.Job, job Job, project string) rescale.JobRequest {
	tile := rescale.JobAnalysis{
		Analysis: rescale.AnalysisRef{Code: job.Analysis, Version: job.Version},
		Command:  s.Command.V,
		Hardware: rescale.Hardware{
			CoreType: job.CoreType, CoresPerSlot: job.Cores, Slots: job.Slots, Walltime: job.Walltime,
		},
		EnvVars: make(map[string]string),
	}
	for _, v := range s.Env {
		tile.EnvVars[v.Name.V] = v.Value.V
	}
	licensed(&tile, s.License)
	priority, low := billing(s.Priority.V)
	return rescale.JobRequest{
		Name: job.Title, Description: s.Description.V, ProjectID: project,
		BillingPriorityValue: priority, IsLowPriority: low,
		JobAnalyses: []rescale.JobAnalysis{tile},
	}
}

// billing pairs the two fields that must agree (rescale-api.md §6.1).
func billing(p spec.Priority) (value string, low bool) {
	switch p {
	case spec.Economy:
		return "ON_DEMAND", true
	case spec.Reserved:
		return "RESERVED", false
	case spec.OnDemand:
	}
	return "INSTANT", false
}

func licensed(tile *rescale.JobAnalysis, l spec.License) {
	switch l.Source {
	case spec.LicenseRescale:
		tile.UseRescaleLicense = true
	case spec.LicenseSeller:
		tile.OnDemandLicenseSeller = &rescale.LicenseSeller{Code: l.Seller.V, Name: l.Seller.V}
	case spec.LicenseServers:
		for _, v := range l.Servers {
			tile.EnvVars[v.Name.V] = v.Value.V
		}
	case spec.LicenseFeatures:
		set := rescale.FeatureSet{Name: "USER_SPECIFIED_0"}
		for _, f := range l.Features {
			set.Features = append(set.Features, rescale.LicenseFeature{Name: f.Name, Count: f.Count})
		}
		tile.UserDefinedLicenseSettings = &rescale.LicenseFeatures{FeatureSets: []rescale.FeatureSet{set}}
	case spec.LicenseNone:
	}
}
