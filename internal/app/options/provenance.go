package options

// Provenance says what is made of the commit that jobs come from.
type Provenance struct {
	Clean bool // it has all that the jobs are made of, or nothing is started
	None  bool // runs do not name it
}

// Flags are the flags of provenance.
func (o *Provenance) Flags() []Flag {
	return []Flag{
		{Name: "require-clean", Into: &o.Clean, Usage: "refuse jobs whose manifest or inputs differ from the commit, or that come from none"},
		{Name: "no-source", Into: &o.None, Usage: "do not note on the platform which commit a run comes from"},
	}
}

// Pruning says whether runs are stopped whose jobs are gone.
type Pruning struct{ Wanted bool }

// Flags are the flags of pruning.
func (o *Pruning) Flags() []Flag {
	return []Flag{{Name: "prune", Into: &o.Wanted, Usage: "stop active runs of this folder's jobs that a commit has removed from the manifests; deletes nothing"}}
}

// Check has nothing to refuse: it needs the manifests.
func (*Pruning) Check(Call) error { return nil }

// Check refuses both together: nobody could see of a run that it was clean.
func (o *Provenance) Check(Call) error {
	if o.Clean && o.None {
		return Usage("--require-clean and --no-source exclude each other", "leave one of the two out")
	}
	return nil
}
