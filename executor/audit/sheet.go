package audit

import (
	"github.com/rescale-apply/rescale-apply/executor/once"
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/state"
)

// take enters what was seen of a job. Of an older one only a run counts.
func (b *Books) take(s sheet) {
	switch {
	case s.vanished && s.record != nil:
		b.deleted(s)
	case s.unread == nil && !s.vanished && s.bearing == once.Whole:
		b.enter(s)
	case s.older:
	case s.vanished: // the next look does not show it any more, and it may have been a double
		b.remark(s, Vanished, hidden(s.Marker != "" && s.Status != ""), "")
	case s.unread != nil:
		b.remark(s, Unread, hidden(s.Marker != "" || s.record != nil), s.unread.Error())
	default:
		b.claimed(s)
	}
}

// hidden is the weight of what cannot be seen, by whether it may matter.
func hidden(matters bool) Weight {
	if matters {
		return Hides
	}
	return Told
}

// enter takes a job that stands for a key.
func (b *Books) enter(s sheet) {
	b.runs = append(b.runs, s.run)
	if s.older {
		return
	}
	draft, astray := s.run.Draft(), ""
	switch {
	case s.marked && !s.fits:
		astray = "the marker in its name is another key's"
	case s.record != nil && !s.record.Adopted && s.record.Key != s.run.Key.String():
		astray = "its record names key " + s.record.Key
	}
	switch {
	case draft:
		b.remark(s, Leftover, Told, astray)
	case astray != "":
		b.remark(s, Mismatch, Breaks, astray)
	case s.unlisted: // the platform may still answer for a job in its trash
		b.remark(s, Deleted, Told, "")
	case !s.marked:
		b.remark(s, Nameless, Told, "")
	}
}

// claimed takes a job that stands for no key.
func (b *Books) claimed(s sheet) {
	draft := s.Status == ""
	ours := s.Marker != "" || s.record != nil
	switch {
	case s.Marker == "" && s.record != nil && s.record.Adopted: // a person has made it, and a manifest names it
	case s.bearing == once.Copied:
		b.remark(s, Copy, Told, "")
	case s.bearing == once.Bare && !ours:
	case draft:
		b.remark(s, Leftover, Told, "it does not carry a key")
	case s.bearing == once.Foreign:
		b.remark(s, Unknown, Hides, "")
	case s.bearing == once.Partial:
		b.remark(s, Keyless, Breaks, "not all of its analyses carry the same key")
	default:
		b.remark(s, Keyless, Breaks, "")
	}
}

// deleted takes a run that only a journal knows.
func (b *Books) deleted(s sheet) {
	key, _ := once.ParseKey(s.record.Key)
	judged := verdict.Judgement{Verdict: verdict.Verdict(s.record.Verdict), Reason: s.record.Reason, Started: s.record.Started, Ended: s.record.Ended}
	s.run = Run{
		ID: s.ID, Title: s.record.Job, Key: key, Made: s.record.Inserted, Submitted: s.record.SubmittedAt, Status: s.record.Status,
		Judged: judged, Started: judged.Started, Gone: true, Older: s.older, recorded: recordedUse(s.record),
	}
	b.runs = append(b.runs, s.run)
	if !s.older {
		b.remark(s, Deleted, Told, "")
	}
}

// recordedUse is what a journal says that a run has taken.
func recordedUse(r *state.Run) Use {
	use := Use{CoreHours: r.CoreHours}
	if r.Cost > 0 {
		use.Cost = &r.Cost
	}
	if r.Cost > 0 && r.CoreHours > 0 {
		use.Rate = r.Cost / r.CoreHours
	}
	return use
}

// remark notes something about a job.
func (b *Books) remark(s sheet, kind Kind, weight Weight, why string) {
	r := Remark{Kind: kind, Weight: weight, ID: s.ID, Date: s.DateInserted, Why: why}
	r.Name, _ = once.Title(s.Name)
	if s.run.ID != "" {
		r = s.run.remark(kind, weight)
		r.Why = why
	}
	b.remarks = append(b.remarks, r)
}

func (r Run) remark(kind Kind, weight Weight) Remark {
	date := r.Submitted
	if date.IsZero() {
		date = r.Made
	}
	return Remark{Kind: kind, Weight: weight, ID: r.ID, Name: r.Key.Name, Key: r.Key.String(), Date: date}
}
