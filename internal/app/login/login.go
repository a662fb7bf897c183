// Package login finds out which platform to talk to and with which key: from
// flags, the environment and profile files, in that order (design.md §8,
// rescale-api.md §1.5). It never sends anything and never prints a key.
package login

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/ini.v1"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// DefaultURL is the platform of North America.
const DefaultURL = "https://platform.rescale.com"

// Wishes is what the user said on the command line.
type Wishes struct {
	Profile   string // section of the profile file
	URL       string
	TokenFile string
}

// Login is where to go and what to show there.
type Login struct {
	URL    string
	Key    string
	Source string // where the key came from, for messages

	FromProfile bool // Source is a profile
}

// MissingKeyError tells that no key was found anywhere.
type MissingKeyError struct {
	URL      string
	Path     string   // of a profile file without the section [default]; empty without such a file
	Profiles []string // its sections
}

// Error is the fact.
func (e *MissingKeyError) Error() string { return "no API key for " + e.URL }

// Hint tells how to get one, and how to do without.
func (e *MissingKeyError) Hint() string {
	if len(e.Profiles) > 0 {
		return e.Path + " has no section [default]; choose one with --profile: " + strings.Join(e.Profiles, ", ")
	}
	return "create a key at " + e.URL + "/user/settings/api-key/ and put it into RESCALE_API_KEY, or add --local to run on this machine without an account"
}

// Error is a profile or token file that cannot be used.
type Error struct {
	Path   string
	Err    error
	Advice string
}

// Error is the act, the file and the cause.
func (e *Error) Error() string { return fmt.Sprintf("reading credentials from %s: %v", e.Path, e.Err) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint tells what to change.
func (e *Error) Hint() string { return e.Advice }

// Find combines what was said with the environment and the profile file:
// token file, then RESCALE_API_KEY, then the profile.
func Find(wishes Wishes, getenv func(string) string) (Login, error) {
	profile, err := readProfile(wishes.Profile, getenv)
	if err != nil && (wishes.Profile != "" || !complete(wishes, getenv)) {
		return Login{}, err
	}
	err = nil // a broken file does not matter when nothing of it is needed
	login := Login{URL: firstOf(wishes.URL, getenv("RESCALE_API_URL"), profile.url, DefaultURL)}
	login.URL = strings.TrimSuffix(strings.TrimRight(login.URL, "/"), "/api/v3")
	switch {
	case wishes.TokenFile != "":
		login.Key, err = readToken(wishes.TokenFile)
		login.Source = wishes.TokenFile
	case getenv("RESCALE_API_KEY") != "":
		login.Key, login.Source = strings.TrimSpace(getenv("RESCALE_API_KEY")), "RESCALE_API_KEY"
	default:
		login.Key, login.Source, login.FromProfile = profile.key, profile.path, true
	}
	if err == nil && login.Key == "" {
		err = &MissingKeyError{URL: login.URL, Path: profile.path, Profiles: profile.others}
	}
	return login, err
}

// complete tells that flags and variables say all that a profile could.
func complete(wishes Wishes, getenv func(string) string) bool {
	return firstOf(wishes.URL, getenv("RESCALE_API_URL")) != "" && firstOf(wishes.TokenFile, getenv("RESCALE_API_KEY")) != ""
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func readToken(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil && couldBeKey(path) {
		return "", &Error{
			Path: "the file of --token-file", Err: pathCause(err),
			Advice: "--token-file takes the path of a file that holds the key, not the key itself",
		}
	}
	if err != nil {
		return "", &Error{Path: path, Err: pathCause(err)}
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", &Error{Path: path, Err: errors.New("the file is empty"), Advice: "the file holds the API key and nothing else"}
	}
	return token, nil
}

// couldBeKey tells a word that no message may repeat: people give the key where its
// file or its profile is asked for. The platform's keys have 40 hex digits, session
// tokens three long parts with dots between (rescale-api.md §1.2).
func couldBeKey(word string) bool {
	const shortest, longestExtension = 20, len(".json")
	return len(word) >= shortest && !strings.ContainsAny(word, `/\ `) &&
		(filepath.Ext(word) == "" || len(filepath.Ext(word)) > longestExtension)
}

// profile is one section of the file apiconfig.
type profile struct {
	path, url, key string
	others         []string // the sections of a file that lacks the one that is meant
}

// readProfile reads the wished section, or [default] when none is wished. Only
// a wished one must exist.
func readProfile(wished string, getenv func(string) string) (profile, error) {
	var without profile
	for _, path := range profilePaths(getenv) {
		file, err := ini.LoadSources(ini.LoadOptions{IgnoreInlineComment: true}, path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return profile{}, unreadable(path, err)
		}
		section, err := file.GetSection(firstOf(wished, "default"))
		if err == nil && torn(section) {
			return profile{}, malformed(path)
		}
		if err == nil {
			return fromSection(path, section), nil
		}
		if wished != "" {
			return profile{}, missingProfile(path, wished, sections(file))
		}
		without = profile{path: path, others: sections(file)}
	}
	if wished != "" {
		return profile{}, missingProfile(profilePaths(getenv)[0], wished, nil)
	}
	return without, nil
}

// sections are the names that a person wrote; the library has one of its own.
func sections(file *ini.File) []string {
	return slices.DeleteFunc(file.SectionStrings(), func(name string) bool { return name == ini.DefaultSection })
}

// unreadable says what is wrong with a profile file. The library's own words
// quote the line, and the line may be the key.
func unreadable(path string, err error) error {
	var broken *fs.PathError
	if errors.As(err, &broken) {
		return &Error{Path: path, Err: broken.Err}
	}
	return malformed(path)
}

func malformed(path string) error {
	return &Error{
		Path: path, Err: errors.New("a line is neither a [section] nor key = value"),
		Advice: "the file has sections like [default] with the lines apibaseurl = URL and apikey = KEY",
	}
}

// torn tells a line like "apibaseurl https://eu.rescale.com": the library takes its
// colon for the sign, and the key would go to another region than was written.
func torn(s *ini.Section) bool {
	return slices.ContainsFunc(s.KeyStrings(), func(key string) bool { return strings.Contains(key, " ") })
}

func missingProfile(path, wished string, known []string) error {
	if couldBeKey(wished) {
		return &Error{Path: path, Err: errors.New("no such profile"), Advice: "--profile takes the name of a section, not the key"}
	}
	return &Error{Path: path, Err: fmt.Errorf("no profile [%s]", wished), Advice: diag.DidYouMean(wished, known)}
}

// fromSection takes the values as they stand: a key may hold a percent sign,
// which the library would otherwise expand.
func fromSection(path string, s *ini.Section) profile {
	value := func(names ...string) string {
		for _, name := range names {
			if s.HasKey(name) {
				return strings.TrimSpace(s.Key(name).Value())
			}
		}
		return ""
	}
	return profile{path: path, url: value("apibaseurl", "platform_url", "apiurl"), key: value("apikey", "api_key")}
}

// profilePaths are the places of apiconfig, best first; on Windows both
// spellings of the folder are in use.
func profilePaths(getenv func(string) string) []string {
	if path := getenv("RESCALE_CONFIG_FILE"); path != "" {
		return []string{path}
	}
	home := firstOf(getenv("HOME"), getenv("USERPROFILE"))
	return []string{
		filepath.Join(home, ".config", "rescale", "apiconfig"),
		filepath.Join(home, "config", "rescale", "apiconfig"),
	}
}

// pathCause drops the operation and the path, which the message names already.
func pathCause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
