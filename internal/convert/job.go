package convert

// Job is one job in the words of a manifest. The zero value of a field leaves its key out.
// A text may hold ${{ }}: it stands for itself, and the writer escapes it.
type Job struct {
	Name        string // identity, a slug; empty: made from Title
	Title       string // exact name on the platform; left out where it equals Name
	Description string
	Project     string // id or name
	Tags        []string

	CustomFields Map
	Tiles        []Tile // in the order in which they run; at least one
	Priority     Priority
	Secrets      []string // names of variables whose values stay outside
	Uploads      Uploads
	Storage      []string // ids
	DOE          DOE
	Outputs      Outputs

	Automations []Automation
	SSH         SSH
	ClusterID   string
	Adopt       string // id of a job that is the run of this content
	Extra       Map    // further fields of the body
	Open        []Open
	Notes       Notes
}

// Open is a value that the file leaves to whoever runs it: the manifest gets a variable for
// it, with the value of the key as its default.
type Open struct {
	Key      string // path of a text or a number, such as "hardware.coreType"
	Variable string
}

// Priority is how cores are billed, as written in a manifest; empty means on-demand.
type Priority string

// The priorities that are not the default.
const (
	OnDemand Priority = "on-demand"
	Economy  Priority = "economy"
	Reserved Priority = "reserved"
)

// Tile is one software of a job.
type Tile struct {
	Code        string // of the analysis
	Version     string // version code or display version; empty: the newest
	Hardware    Hardware
	License     License
	Inputs      []Input
	Env         []Variable // see [Environment]
	Interactive bool
	Command     string
	PreProcess  Script
	PostProcess Script
	Extra       Map // further fields of its entry in the body
	Notes       Notes
}

// Hardware is what a tile runs on.
type Hardware struct {
	CoreType     string // code or display name
	CoresPerSlot int
	Slots        int    // 0 and 1 mean one
	Walltime     string // with a unit, see [Hours]; empty: none
}

// License is where the software gets its license: Rescale, a seller, or own servers.
type License struct {
	Rescale     bool
	Seller      string // code
	SellerName  string // display name; left out where it is empty or the code
	Servers     []Variable
	FeatureSets []FeatureSet // alternatives
}

// IsZero reports whether there is nothing to say about the license.
func (l License) IsZero() bool {
	return !l.Rescale && l.Seller == "" && len(l.Servers) == 0 && len(l.FeatureSets) == 0
}

// FeatureSet is license features that the job needs together.
type FeatureSet struct {
	Name     string // may be empty
	Features []Feature
}

// Feature is one license feature and how many licenses of it.
type Feature struct {
	Name  string
	Count int
}

// Variable is an environment variable.
type Variable struct{ Name, Value string }

// Input is files on this machine, or one that is on the platform: exactly one of Path and
// ID is set.
type Input struct {
	Path      string // a path or a pattern
	ID        string
	Exclude   []string
	Pack      string // name of the archive
	As        string // name in the job
	Template  bool
	Templates []string // patterns of templates in a packed folder
	Packed    bool     // decompress: false
	Note      string   // a comment behind it
}

// Script runs before or after a command. It is a file here, or one on the platform.
type Script struct{ Path, ID, Command string }

// DOE is a sweep of the platform: one job with many runs.
type DOE struct {
	Params    string // path of the table
	Templates []Template
}

// Template is a file whose values the platform fills in, and its path in the job.
type Template struct{ Path, To string }

// Outputs says what to download.
type Outputs struct{ Download, Exclude []string }

// Uploads says where inputs land on the platform.
type Uploads struct {
	Folder string
	Tags   []string
}

// Automation is a script of the organization that runs with a job.
type Automation struct {
	ID  string
	Env []Variable
}

// SSH is who may log in.
type SSH struct {
	PublicKey string
	CIDR      []string // one that is empty lets nobody in; none leaves it to the account
	Port      int
}

// Map is an object of JSON that keeps the order of its members.
type Map []Member

// Member is a name and a value: a [Map], a []any of values, a string, a json.Number, a bool
// or nil.
type Member struct {
	Name  string
	Value any
}

// ExtraHardware adds a field to the hardware of the tile's entry in the body.
func (t *Tile) ExtraHardware(name string, value any) {
	for i := range t.Extra {
		if below, ok := t.Extra[i].Value.(Map); ok && t.Extra[i].Name == "hardware" {
			t.Extra[i].Value = append(below, Member{name, value})
			return
		}
	}
	t.Extra = append(t.Extra, Member{"hardware", Map{{name, value}}})
}
