package comment

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
)

// Text reads the file that is named, or standard input. What no comment can hold is not
// read to its end. Errors: *cmdline.UsageError.
func Text(args []string, stdin io.Reader) (string, error) {
	const most = 4 << 20
	from := stdin
	switch {
	case len(args) > 1:
		return "", options.Usage("report comment takes one file", "rescale-apply report comment plan.md")
	case len(args) == 1 && args[0] != "-":
		if leadsToFile(args[0]) {
			return "", options.Usage(fmt.Sprintf("reading %s: it is a link, which a commit can lead to any file", args[0]), "name the file itself")
		}
		file, err := os.Open(args[0])
		if err != nil {
			return "", options.Usage(fmt.Sprintf("reading %s: %v", args[0], err), "--report md=FILE writes one")
		}
		defer file.Close()
		from = file
	}
	text, err := io.ReadAll(io.LimitReader(from, most))
	if err == nil && strings.TrimSpace(string(text)) == "" {
		return "", options.Usage("there is no text to comment with", "the command before it has failed, and says why; --report md=FILE writes a report then, too")
	}
	return string(text), err
}

// leadsToFile reports whether a name is a link to a regular file. One to a pipe is what a
// shell makes of <(…).
func leadsToFile(name string) bool {
	own, err := os.Lstat(name)
	if err != nil || own.Mode()&fs.ModeSymlink == 0 {
		return false
	}
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}
