package cmdline

import (
	"embed"
	"fmt"
	"io"
	"strings"
)

// The completion scripts ask a hidden command for candidates.
//
//go:embed completion
var scripts embed.FS

// Shells are those that completion scripts are there for.
func Shells() []string { return []string{"bash", "fish", "powershell", "zsh"} }

// Script is the completion script of one of Shells.
func Script(shell string) []byte {
	script, err := scripts.ReadFile("completion/" + shell)
	if err != nil {
		panic("cmdline: no script is embedded for " + shell)
	}
	return script
}

// The hidden commands of the completion scripts. After CompleteCommand come the words
// typed so far without the program's name, the unfinished one last. After
// CompleteLineCommand come the line up to the cursor, with the program's name, and
// bash's COMP_WORDBREAKS.
const (
	CompleteCommand     = "__complete"
	CompleteLineCommand = "__complete-line"
)

// Candidate is a word that can stand where a person types.
type Candidate struct {
	Value string
	Usage string // what it means, as one line; empty: nothing to say
}

// AnyFile is the candidate that asks the shell for its own completion of files.
func AnyFile() Candidate { return Candidate{Value: ":files"} }

// IsFlag is true for a word that stands for a flag, and not for a file or a name: a
// single dash is standard input.
func IsFlag(word string) bool { return len(word) > 1 && strings.HasPrefix(word, "-") }

// emptyWord is an unfinished word without letters. PowerShell drops an empty argument
// of a program, and its script sends two quotes.
const emptyWord = `""`

// CompletedWords takes what follows CompleteCommand apart: the finished words and the
// unfinished one.
func CompletedWords(args []string) (done []string, last string) {
	if len(args) == 0 {
		return nil, ""
	}
	done, last = args[:len(args)-1], args[len(args)-1]
	if last == emptyWord {
		last = ""
	}
	return done, last
}

// WriteCandidates writes one candidate a line, its meaning behind a tab.
func WriteCandidates(w io.Writer, list []Candidate) error {
	for _, c := range list {
		line := c.Value
		if c.Usage != "" {
			line += "\t" + c.Usage
		}
		if _, err := fmt.Fprintln(w, line); err != nil {
			return err
		}
	}
	return nil
}
