package scaffold

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
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

// MissingAnswerError tells that a question has no answer, and nobody to give one.
type MissingAnswerError struct {
	Flag Flag
	Text string // of the question
}

// Error is the question.
func (e *MissingAnswerError) Error() string {
	return fmt.Sprintf("%s is not given, and nobody can be asked: %s", e.Flag, e.Text)
}

// Hint names the flag.
func (e *MissingAnswerError) Hint() string { return "give it with " + string(e.Flag) }

// BadAnswerError tells why an answer that was given ahead does not fit.
type BadAnswerError struct {
	Flag   Flag
	Answer string
	Err    error
}

// Error is the flag, what it has, and why that does not fit.
func (e *BadAnswerError) Error() string { return fmt.Sprintf("%s %q: %v", e.Flag, e.Answer, e.Err) }

// Unwrap gives the cause.
func (e *BadAnswerError) Unwrap() error { return e.Err }

// Asker gets the answer to one question, which need not fit. Errors end the asking.
type Asker func(Question) (string, error)

// Refuse asks nobody: every question that is left is a [*MissingAnswerError].
func Refuse(q Question) (string, error) { return "", &MissingAnswerError{q.Flag, q.Text} }

// TakeDefaults answers with the defaults; a question without one is a [*MissingAnswerError].
func TakeDefaults(q Question) (string, error) {
	if q.Default == "" {
		return Refuse(q)
	}
	return q.Default, nil
}

// Terminal asks a person, again after an answer that does not fit. An empty line takes the
// default. The end of the input without an answer is a [*MissingAnswerError].
func Terminal(in io.Reader, out io.Writer) Asker {
	lines := bufio.NewReader(in)
	return func(q Question) (string, error) {
		if _, err := io.WriteString(out, q.prompt()); err != nil {
			return "", err
		}
		for {
			line, err := lines.ReadString('\n')
			answer := strings.TrimSpace(line)
			if answer == "" && err == nil {
				answer = q.Default
			}
			if err != nil && (answer == "" || !errors.Is(err, io.EOF)) {
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

func (q Question) prompt() string {
	var b strings.Builder
	b.WriteString(q.Text)
	if shown := min(len(q.Choices), mostShown); shown > 0 {
		fmt.Fprintf(&b, " (%s", strings.Join(q.Choices[:shown], ", "))
		if len(q.Choices) > shown {
			fmt.Fprintf(&b, ", and %d more", len(q.Choices)-shown)
		}
		b.WriteString(")")
	}
	if q.Default != "" {
		fmt.Fprintf(&b, " [%s]", strings.ReplaceAll(strings.TrimSpace(q.Default), "\n", "; "))
	}
	b.WriteString(": ")
	return b.String()
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
				return nil, err
			}
		}
		if err := q.Check(answer); err != nil {
			return nil, &BadAnswerError{flag, answer, err}
		}
		answers[flag] = answer
	}
	return answers, nil
}
