package reading

import (
	"errors"

	"github.com/rescale-apply/rescale-apply/executor/logs"
	"github.com/rescale-apply/rescale-apply/executor/patience"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
)

// Own means that an error is about one log, and that others may be read all the same.
func Own(err error) bool {
	var notStarted *logs.NotStartedError
	var absent *logs.AbsentError
	var id *rescale.BadIDError
	var notYet *rescale.NotYetError
	return patience.NotFound(err) || errors.As(err, &notStarted) || errors.As(err, &absent) || errors.As(err, &id) || errors.As(err, &notYet)
}
