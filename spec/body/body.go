// Package body knows the fields of the body that creates a job, and the level of each
// (rescale-api.md §6). It knows no manifest.
package body

import (
	"slices"
	"strings"
)

// Level is where in the body a field stands.
type Level string

// The levels: the body itself, an entry of jobanalyses, and the hardware in it.
const (
	Job      Level = "job"
	Analysis Level = "analysis"
	Hardware Level = "hardware"
)

// fields returns those that can be sent.
func fields() map[Level]string {
	return map[Level]string{
		Job: "name jobanalyses description isLowPriority billingPriorityValue projectId project_id paramFile caseFile jobvariables " +
			"monteCarloIterations includeNominalRun isTemplateDryRun resourceFilters archiveFilters inputFileParseTask optimizer " +
			"remoteVizConfig autoTerminateCluster clusterId cidrRule publicKey sshPort jobAutomations tags customFields isTemplate " +
			"templatedFrom clonedFrom",
		Analysis: "analysis command hardware envVars inputFiles inputFolders useRescaleLicense onDemandLicenseSeller " +
			"userDefinedLicenseSettings flags preProcessScript postProcessScript preProcessScriptCommand postProcessScriptCommand " +
			"templateTasks useMpi isCustomDoe order setupCommand stopCommand stopCommandTimeout shouldRunForever useSharedStorage " +
			"licenseSettings",
		Hardware: "coreType coresPerSlot slots walltime type isReusable",
	}
}

// answers returns fields that occur only in answers: the platform fills them in.
const answers = "id owner dateInserted userTags elapsedWalltimeSeconds expectedRuns sharedWith folderId folder osCostTier launchConfig " +
	"currentUserHasFullAccess attachedJobs autoAttachCloudfilesystem autosuspend delayedStart isPinned isPublisherSandbox " +
	"overrideImageName overrideImageRegion region rsjJob study supportsReboot suspendAvailable suspensionStatus coreSummary"

// Fields returns the names of a level.
func Fields(level Level) []string { return strings.Fields(fields()[level]) }

// Home returns the level that a field stands at; false for one that no source shows. No
// name stands at two.
func Home(name string) (Level, bool) {
	for _, level := range []Level{Job, Analysis, Hardware} {
		if slices.Contains(Fields(level), name) {
			return level, true
		}
	}
	return "", false
}

// Answered reports whether a field occurs only in answers of the platform.
func Answered(name string) bool { return slices.Contains(strings.Fields(answers), name) }
