package diag

// Rule names one kind of problem. It is printed in brackets after the message and is
// stable, so people can look it up and programs can match it.
type Rule string

// Problems of the text itself.
const (
	YAMLSyntax   Rule = "yaml-syntax"   // not YAML
	DuplicateKey Rule = "duplicate-key" // the same key twice in one mapping
	KeyNotText   Rule = "key-not-text"  // a mapping key that is not a plain string
	AliasBudget  Rule = "alias-budget"  // aliases unfold to too many values, or form a cycle
	NotText      Rule = "not-text"      // binary bytes or invalid UTF-8
	TooLarge     Rule = "too-large"     // more bytes, depth or values than a manifest may have
	EmptyFile    Rule = "empty-file"    // no job in the file
)

// Problems of shape: found by the JSON schema.
const (
	UnknownKey Rule = "unknown-key" // a key that the manifest language does not have
	MissingKey Rule = "missing-key" // a required key is not there
	WrongType  Rule = "wrong-type"  // a list where a text is wanted, a number without quotes, ...
	BadValue   Rule = "bad-value"   // right type, value not allowed (enum, pattern, range, length)
	BadChoice  Rule = "bad-choice"  // keys that exclude each other
)

// Problems of references and of the points of a matrix.
const (
	BadReference     Rule = "bad-reference"     // ${{ }} that cannot be read, or stands where none may
	UnknownReference Rule = "unknown-reference" // a variable or parameter that is not there
	BadMatrix        Rule = "bad-matrix"        // a range without values, an exclude that matches nothing, ...
	DuplicatePoint   Rule = "duplicate-point"   // the same values twice
	BadTable         Rule = "bad-table"         // a CSV file that is no table of points
)

// Problems of meaning that need no platform.
const (
	DuplicateName      Rule = "duplicate-name"       // two jobs of one apply share a name
	BadWalltime        Rule = "bad-walltime"         // not a duration, zero, or absurdly long
	BadEnvName         Rule = "bad-env-name"         // not the name of an environment variable
	ReservedEnv        Rule = "reserved-env"         // RESCALE_* belongs to the platform and to this tool
	BadGlob            Rule = "bad-glob"             // a pattern that cannot be parsed
	BadInputName       Rule = "bad-input-name"       // `as:` with a folder or a name the platform would mangle
	DuplicateInputName Rule = "duplicate-input-name" // two inputs would land under one name
	DuplicateTag       Rule = "duplicate-tag"        // the same tag or storage twice
	DuplicateFolder    Rule = "duplicate-folder"     // two jobs would write their results over each other
	UnknownJob         Rule = "unknown-job"          // a job that another needs is not in this apply
	DependencyCycle    Rule = "dependency-cycle"     // jobs that wait for each other
	ReservedField      Rule = "reserved-field"       // extra sets what has a key of its own, or what this tool needs
	MisplacedField     Rule = "misplaced-field"      // extra sets a field at a level where the platform does not look for it
	BadPublicKey       Rule = "bad-public-key"       // an SSH key that the platform does not take
)

// Problems found in the file system or the platform's catalogs.
const (
	MissingInput       Rule = "missing-input"        // no such file
	UnreadableInput    Rule = "unreadable-input"     // there, but not readable, or not a regular file
	InputTooLarge      Rule = "input-too-large"      // larger than the platform's upload takes
	UnclearInput       Rule = "unclear-input"        // a pattern meets a file of which a person must say whether it is an input
	EmptyGlob          Rule = "empty-glob"           // a pattern that matches nothing
	UnknownFile        Rule = "unknown-file"         // an input id the platform does not have
	WrongFileType      Rule = "wrong-file-type"      // an id of a file that is no input, or no script
	UnknownStorage     Rule = "unknown-storage"      // a storage id the platform does not have
	UnknownCluster     Rule = "unknown-cluster"      // a clusterId the platform does not have
	UnfitCluster       Rule = "unfit-cluster"        // a cluster that is not up, or has other hardware
	UnknownField       Rule = "unknown-field"        // a custom field that the workspace does not have
	MissingField       Rule = "missing-field"        // a custom field that the workspace requires is not there, or blank
	UnknownRun         Rule = "unknown-run"          // adopt names a job that the platform does not have, or a draft
	UnknownAnalysis    Rule = "unknown-analysis"     // no such software
	UnknownVersion     Rule = "unknown-version"      // the software has no such version
	AnalysisNotGranted Rule = "analysis-not-granted" // must be requested from Rescale first
	UnknownCoreType    Rule = "unknown-coretype"     // no such core type
	RetiredCoreType    Rule = "retired-coretype"     // deprecated or inactive
	CoreTypeNotAllowed Rule = "coretype-not-allowed" // this version does not run on it
	CoresNotOffered    Rule = "cores-not-offered"    // coresPerSlot is not a size of the core type
	WalltimeRequired   Rule = "walltime-required"    // the core type wants a walltime
	WalltimeTooLong    Rule = "walltime-too-long"    // above the account's maxJobHours
	UnknownProject     Rule = "unknown-project"      // no such project for this user
	AmbiguousProject   Rule = "ambiguous-project"    // several projects share the name
	LicenseNotOffered  Rule = "license-not-offered"  // `license: rescale` for software without one
	MissingSecret      Rule = "missing-secret"       // a variable under secrets that the environment does not have
)

// What a manifest forbids, found when everything else is in order.
const (
	OverLimit  Rule = "over-limit"  // a run can cost more than limits.maxCost
	StorageOff Rule = "storage-off" // storage of a run that would be submitted is not started
	Protected  Rule = "protected"   // a protected job would be run again, stopped or forgotten

	CatalogDrift Rule = "catalog-drift" // the catalog gives something else than rescale.lock.yaml has
)

// Rules lists every rule; each has a case in testdata/manifest/bad.
func Rules() []Rule {
	return []Rule{
		YAMLSyntax, DuplicateKey, KeyNotText, AliasBudget, NotText, TooLarge, EmptyFile,
		UnknownKey, MissingKey, WrongType, BadValue, BadChoice,
		BadReference, UnknownReference, BadMatrix, DuplicatePoint, BadTable,
		DuplicateName, BadWalltime, BadEnvName, ReservedEnv, BadGlob, BadInputName,
		DuplicateInputName, DuplicateTag, DuplicateFolder, UnknownJob, DependencyCycle, ReservedField, MisplacedField, BadPublicKey,
		MissingInput, UnreadableInput, InputTooLarge, UnclearInput, EmptyGlob, UnknownFile, UnknownCluster, UnfitCluster, UnknownRun, UnknownAnalysis, UnknownVersion,
		AnalysisNotGranted, UnknownCoreType, RetiredCoreType, CoreTypeNotAllowed, CoresNotOffered,
		WalltimeRequired, WalltimeTooLong, UnknownProject, AmbiguousProject, LicenseNotOffered, MissingSecret,
		OverLimit, Protected, CatalogDrift,
	}
}
