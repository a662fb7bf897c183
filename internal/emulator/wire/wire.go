// Package wire renders records as the platform's JSON (rescale-api.md §3, §4, §5, §6, §8 and §12). It is the only
// place that knows the names of response members, and shares nothing with the client: a wrong name must not pass
// unseen.
package wire

import (
	"time"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

// Checksums says which checksums a file shows.
type Checksums string

// Choices of checksums. Old samples of the platform show md5 only, newer ones SHA-512.
const (
	AllChecksums Checksums = ""
	OnlyMD5      Checksums = "md5"
	OnlySHA512   Checksums = "sha512"
	NoChecksums  Checksums = "none"
)

// Style is how one answer is to look.
type Style struct {
	Base            string // origin for absolute URLs, without a slash at the end
	V3              bool   // API version 3
	CoreTypeObjects bool   // hardware.coreType as an object in version 2 too
	Checksums       Checksums
	PlainDates      bool // no fractions of seconds
	HideTags        bool // jobs without userTags
	ShortInputs     bool // files of a job without their checksums, dates and places
}

const (
	zuluDate   = "2006-01-02T15:04:05.000000Z"
	offsetDate = "2006-01-02T15:04:05.000000-07:00" // job statuses alone use it (§2.3)
)

func (s Style) date(t time.Time, layout string) string {
	if s.PlainDates {
		return t.UTC().Format(time.RFC3339)
	}
	return t.UTC().Format(layout)
}

// inserted leaves out the fraction of a whole second, as Python does.
func (s Style) inserted(j *disk.Job) string {
	shown := j.Shown()
	if shown.Nanosecond() == 0 {
		return s.date(shown, time.RFC3339)
	}
	return s.date(shown, zuluDate)
}

func (s Style) optionalDate(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return s.date(t, zuluDate)
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

type object = map[string]any
