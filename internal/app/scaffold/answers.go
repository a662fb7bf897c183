package scaffold

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/typed"
)

// Flag is what an answer is called on the command line.
type Flag string

// The flags, in the order of the questions.
const (
	Name     Flag = "--name"
	Analysis Flag = "--analysis" // CODE or CODE VERSION
	CoreType Flag = "--core-type"
	Cores    Flag = "--cores" // per slot
	Walltime Flag = "--walltime"
	Command  Flag = "--command"
)

// Answers are what a person says, by flag. What is missing or empty is not answered.
type Answers map[Flag]string

// MissingAnswerError means that a question has no answer, and nobody to give one.
type MissingAnswerError struct {
	Flag Flag
	Text string     // of the question
	Open []Question // all that have no answer, this one first
}

// Error names the flags of all open questions, so that nobody has to try them one by one.
func (e *MissingAnswerError) Error() string {
	names := []string{string(e.Flag)}
	for i, q := range e.Open {
		if i > 0 {
			names = append(names, string(q.Flag))
		}
	}
	return "nobody is here to ask, and these are not given: " + strings.Join(names, ", ")
}

// Hint is the missing flags with the answers that are proposed, to be typed behind the
// command; where nothing can be proposed, with a word that stands for the answer.
func (e *MissingAnswerError) Hint() string {
	if len(e.Open) == 0 {
		return fmt.Sprintf("add %s %s", e.Flag, e.Flag.stands())
	}
	words := []string{"add"}
	for _, q := range e.Open {
		answer := q.Flag.stands()
		if q.Default != "" {
			answer = quoted(q.line())
		}
		words = append(words, string(q.Flag), answer)
	}
	return strings.Join(words, " ")
}

// stands is a word for an answer that nobody knows.
func (f Flag) stands() string {
	return map[Flag]string{Name: "NAME", Analysis: "CODE", CoreType: "CODE", Cores: "N", Walltime: "TIME", Command: "TEXT"}[f]
}

// BadAnswerError tells why an answer that was given ahead does not fit.
type BadAnswerError struct {
	Flag   Flag
	Answer string
	Err    error
}

// Error is the flag, what it has, and why that does not fit.
func (e *BadAnswerError) Error() string { return fmt.Sprintf("%s %q: %v", e.Flag, e.Answer, e.Err) }

// Hint is where to look codes up.
func (e *BadAnswerError) Hint() string { return lookUp(e.Flag) }

// lookUp is the command that lists the answers that fit; empty where none does.
func lookUp(flag Flag) string {
	switch flag {
	case Analysis:
		return "rescale-apply catalog analyses lists what there is"
	case CoreType, Cores:
		return "rescale-apply catalog coretypes lists what there is"
	default:
		return ""
	}
}

// Unwrap gives the cause.
func (e *BadAnswerError) Unwrap() error { return e.Err }

// Asker gets the answer to one question, which need not fit. Errors end the asking.
type Asker func(Question) (string, error)

// Refuse asks nobody: every question that is left is a [*MissingAnswerError].
func Refuse(q Question) (string, error) { return "", &MissingAnswerError{Flag: q.Flag, Text: q.Text} }

// TakeDefaults answers with the defaults; a question without one is a [*MissingAnswerError].
func TakeDefaults(q Question) (string, error) {
	if q.Default == "" {
		return Refuse(q)
	}
	return q.Default, nil
}

// Terminal asks a person, again after an answer that does not fit. An empty line takes the
// default. The end of the input without an answer is a [*MissingAnswerError], and that of
// the context its cause; both leave the line of the question.
func Terminal(ctx context.Context, in io.Reader, out io.Writer) Asker {
	lines := typed.New(in)
	return func(q Question) (string, error) {
		if _, err := io.WriteString(out, q.choices()+q.prompt()); err != nil {
			return "", err
		}
		for {
			line, err := lines.Next(ctx)
			answer := strings.TrimSpace(line)
			if answer == "" && err == nil {
				answer = q.Default
			}
			if err != nil && (answer == "" || !errors.Is(err, io.EOF)) {
				fmt.Fprintln(out)
				return missing(q, err)
			}
			wrong := q.Check(answer)
			if wrong == nil {
				return answer, nil
			}
			if _, err := fmt.Fprintf(out, "  %v\n%s", wrong, q.prompt()); err != nil {
				return "", err
			}
		}
	}
}

func missing(q Question, err error) (string, error) {
	if errors.Is(err, io.EOF) {
		return Refuse(q)
	}
	return "", err
}

// mostShown is how many choices are shown with a question.
const mostShown = 8

// choices is a line of usual answers above the question, shown once.
func (q Question) choices() string {
	switch {
	case len(q.Choices) == 0 && q.Default == "" && lookUp(q.Flag) != "":
		return "  " + lookUp(q.Flag) + "\n"
	case len(q.Choices) < 2: // the default says it
		return ""
	}
	return "  " + someOf(q.Choices) + "\n"
}

// someOf is the first of a list, and how many follow.
func someOf(list []string) string {
	shown := min(len(list), mostShown)
	line := strings.Join(list[:shown], ", ")
	if more := len(list) - shown; more > 0 {
		line += fmt.Sprintf(", and %d more", more)
	}
	return line
}

func (q Question) prompt() string {
	if q.Default == "" {
		return q.Text + ": "
	}
	return fmt.Sprintf("%s [%s]: ", q.Text, q.line())
}

// line is the default in one line. The lines of a proposed command are simple commands,
// so that it means the same.
func (q Question) line() string {
	return strings.ReplaceAll(strings.TrimSpace(q.Default), "\n", "; ")
}

// Complete asks for what the answers given ahead lack. The defaults of each question
// follow from the answers to those before it. Errors: [*BadAnswerError] for an answer that
// does not fit, and those of ask.
func Complete(p Proposal, c Catalog, given Answers, ask Asker) (Answers, error) {
	answers := make(Answers, len(given))
	for _, flag := range flags() {
		answer := given[flag]
		q := question(flag, p, c, answers)
		if answer == "" {
			var err error
			if answer, err = ask(q); err != nil {
				return nil, withOpen(err, func() []Question { return Questions(p, c, merged(given, answers)) })
			}
		}
		if err := q.Check(answer); err != nil {
			return nil, &BadAnswerError{flag, answer, err}
		}
		answers[flag] = answer
	}
	return answers, nil
}

// withOpen tells an error of a missing answer what else is open.
func withOpen(err error, open func() []Question) error {
	var missing *MissingAnswerError
	if errors.As(err, &missing) {
		missing.Open = open()
	}
	return err
}

// merged is the answers of both, of which no question has two.
func merged(given, asked Answers) Answers {
	all := maps.Clone(asked)
	for flag, answer := range given {
		if answer != "" {
			all[flag] = answer
		}
	}
	return all
}
