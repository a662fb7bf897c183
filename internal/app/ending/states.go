package ending

import (
	"github.com/rescale-apply/rescale-apply/executor/verdict"
	"github.com/rescale-apply/rescale-apply/internal/app/exit"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
)

// OfStates ends a command that looks at jobs with the code of the worst state.
func OfStates(list []show.State) error {
	codes := make(map[exit.Code]bool)
	for _, line := range list {
		codes[codeOf(line)] = true
	}
	for _, worst := range []exit.Code{exit.JobFailed, exit.JobStopped, exit.Running, exit.Pending} {
		if codes[worst] {
			return exit.With(worst)
		}
	}
	return nil
}

func codeOf(line show.State) exit.Code {
	switch {
	case !line.Known || line.Gone:
		return exit.Pending
	case line.Run.Verdict == "":
		return exit.Running
	case line.Run.Verdict == string(verdict.Succeeded):
		return exit.OK
	case line.Run.Verdict == string(verdict.Stopped):
		return exit.JobStopped
	}
	return exit.JobFailed
}
