package sim_test

import "slices"

// shrink drops from a story what it can lose and still fail in the same way.
func shrink(story Story, fails func(Story) bool) Story {
	for again := true; again; {
		again = false
		for _, smaller := range story.smaller() {
			if fails(smaller) {
				story, again = smaller, true
				break
			}
		}
	}
	return story
}

// smaller are stories with one thing less, the largest things first.
func (s Story) smaller() (list []Story) {
	for i := range s.Rounds {
		list = append(list, s.with(func(s *Story) { s.Rounds = slices.Delete(s.Rounds, i, i+1) }))
	}
	for i, r := range s.Rounds {
		for k := range r.Applies {
			list = append(list, s.with(func(s *Story) { s.Rounds[i].Applies = slices.Delete(s.Rounds[i].Applies, k, k+1) }))
		}
		for k := range r.Acts {
			list = append(list, s.with(func(s *Story) { s.Rounds[i].Acts = slices.Delete(s.Rounds[i].Acts, k, k+1) }))
		}
	}
	for _, name := range s.names() {
		list = append(list, s.with(func(s *Story) { s.each(func(a *Apply) { a.Manifest = a.Manifest.without(name) }) }))
	}
	for i := range s.Faults {
		list = append(list, s.with(func(s *Story) { s.Faults = slices.Delete(s.Faults, i, i+1) }))
	}
	list = append(list, s.plainer()...)
	return slices.DeleteFunc(list, s.same)
}

// plainer are stories with one thing in a simpler form.
func (s Story) plainer() (list []Story) {
	try := func(change func(*Story)) { list = append(list, s.with(change)) }
	try(func(s *Story) { s.Ahead = 0 })
	try(func(s *Story) { s.Skew = 0 })
	for _, change := range []func(*Apply){
		func(a *Apply) { a.NoWait = false }, func(a *Apply) { a.Stop = false },
		func(a *Apply) { a.NoQueue = false }, func(a *Apply) { a.Replace = nil }, func(a *Apply) { a.After = 0 },
		func(a *Apply) { a.Market = Market{} }, func(a *Apply) { a.Market.Newest = 0 }, func(a *Apply) { a.Market.Dear = false }, func(a *Apply) { a.Market.Retired = false },
	} {
		for i := range s.count() {
			try(func(s *Story) { s.nth(i, change) })
		}
	}
	for _, name := range s.names() {
		for _, change := range []func(*Job){
			func(j *Job) { j.Points = 0 }, func(j *Job) { j.Needs = nil }, func(j *Job) { j.Input = 0 }, func(j *Job) { j.Checks = "" },
			func(j *Job) { j.Retry = false }, func(j *Job) { j.Fetch = false }, func(j *Job) { j.Seats = 0 }, func(j *Job) { j.Open = false }, func(j *Job) { j.Types = false }, func(j *Job) { j.Generation = 1 }, func(j *Job) { j.Version = 1 },
		} {
			try(func(s *Story) { s.each(func(a *Apply) { a.Manifest.change(name, change) }) })
		}
	}
	return list
}

// with is a changed copy.
func (s Story) with(change func(*Story)) Story {
	c := s
	c.Faults = slices.Clone(s.Faults)
	c.Rounds = slices.Clone(s.Rounds)
	for i := range c.Rounds {
		r := &c.Rounds[i]
		r.Acts, r.Applies = slices.Clone(r.Acts), slices.Clone(r.Applies)
		for k := range r.Applies {
			r.Applies[k].Manifest.Jobs = slices.Clone(r.Applies[k].Manifest.Jobs)
		}
	}
	change(&c)
	return c
}

func (s Story) same(other Story) bool { return string(s.encode()) == string(other.encode()) }

func (s *Story) each(change func(*Apply)) {
	for i := range s.Rounds {
		for k := range s.Rounds[i].Applies {
			change(&s.Rounds[i].Applies[k])
		}
	}
}

func (s Story) count() (n int) {
	s.each(func(*Apply) { n++ })
	return n
}

func (s *Story) nth(n int, change func(*Apply)) {
	i := 0
	s.each(func(a *Apply) {
		if i == n {
			change(a)
		}
		i++
	})
}

// names are all jobs that manifests have.
func (s Story) names() (list []string) {
	s.each(func(a *Apply) {
		for _, j := range a.Manifest.Jobs {
			if !slices.Contains(list, j.Name) {
				list = append(list, j.Name)
			}
		}
	})
	return list
}

// without leaves a job out, unless it is the only one.
func (m Manifest) without(name string) Manifest {
	var rest Manifest
	for _, j := range m.Jobs {
		if j.Name != name {
			j.Needs = slices.DeleteFunc(slices.Clone(j.Needs), func(n string) bool { return n == name })
			rest.Jobs = append(rest.Jobs, j)
		}
	}
	if len(rest.Jobs) == 0 {
		return m
	}
	return rest
}

func (m Manifest) change(name string, change func(*Job)) {
	for i := range m.Jobs {
		if m.Jobs[i].Name == name {
			change(&m.Jobs[i])
		}
	}
}
