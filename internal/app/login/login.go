// Package login finds out which platform to talk to, with which key, and through which
// proxy: from flags, the environment and profile files (design.md §8, rescale-api.md
// §1.5). It never sends anything and never prints a key.
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

	"github.com/rescale-apply/rescale-apply/internal/app/options/cmdline"
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
	Source string   // where the key came from, for messages
	Unused []string // variables that say something else and do not count
	Open   bool     // other users of this machine can read the file of the key
}

// MissingKeyError means that no key was found for an address.
type MissingKeyError struct {
	URL      string
	Other    string   // of a profile: the address that its key is for; empty without one
	Path     string   // of a profile file without a key in [default]; empty without a file
	Profiles []string // its sections, where [default] is none of them
}

// Error is the fact.
func (e *MissingKeyError) Error() string {
	if e.Other != "" {
		return fmt.Sprintf("no API key for %s: the one of profile [default] goes to %s only", e.URL, e.Other)
	}
	return "no API key for " + e.URL
}

// Hint tells how to get one, and how to do without.
func (e *MissingKeyError) Hint() string {
	if e.Other != "" {
		return "--profile default uses that profile's key and address; a key for " + e.URL + " belongs into RESCALE_API_KEY"
	}
	if len(e.Profiles) > 0 {
		return e.Path + " has no section [default]; choose one with --profile: " + strings.Join(e.Profiles, ", ")
	}
	place := "put it into RESCALE_API_KEY"
	if e.Path != "" {
		place += ", or into " + e.Path + ", which has no line apikey = KEY below a line [default]"
	}
	return "create a key at " + e.URL + "/user/settings/api-key/ and " + place + "; or add --local to run on this machine without an account"
}

// HomelessKeyError means that a key may belong to another platform than the one that
// would be meant: no address is given with it, and the default profile has another.
type HomelessKeyError struct{ Source, Profile string }

// Error is the fact.
func (e *HomelessKeyError) Error() string {
	return fmt.Sprintf("no address is given for the key of %s, and profile [default] is for %s", e.Source, e.Profile)
}

// Hint tells the two ways to say it.
func (e *HomelessKeyError) Hint() string {
	return "say where the key belongs, as RESCALE_API_URL=" + e.Profile + "; or --profile default uses that profile's own key"
}

// Error is a profile or token file that cannot be used.
type Error struct {
	Path string
	Err  error
	Help string
}

// Error is the act, the file and the cause.
func (e *Error) Error() string { return fmt.Sprintf("reading credentials from %s: %v", e.Path, e.Err) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint tells what to change.
func (e *Error) Hint() string { return e.Help }

// Find decides by what was said, and else by the environment and the files of the home
// folder. A profile is a pair: its key goes to its address, and to no other. --profile
// wins over the variables, then come --token-file, RESCALE_API_KEY, the default profile,
// and the token of the vendor's client: what a person set for a call, or for this
// machine, must not give way to what another program has left there.
func Find(wishes Wishes, getenv func(string) string) (Login, error) {
	switch {
	case wishes.Profile != "" && wishes.TokenFile != "":
		return Login{}, cmdline.Usage("--profile and --token-file both name a key", "leave one of the two out; --api-url says where the key of a file goes")
	case wishes.Profile != "":
		return named(wishes, getenv)
	case wishes.TokenFile != "":
		key, err := readToken(wishes.TokenFile)
		if err != nil {
			return Login{}, err
		}
		return addressed(Login{Key: key, Source: wishes.TokenFile}, wishes, getenv)
	case getenv(keyVariable) != "":
		return addressed(Login{Key: strings.TrimSpace(getenv(keyVariable)), Source: keyVariable}, wishes, getenv)
	}
	return standard(wishes, getenv)
}

const (
	keyVariable = "RESCALE_API_KEY"
	urlVariable = "RESCALE_API_URL"
)

// named uses the profile that was asked for, whole.
func named(wishes Wishes, getenv func(string) string) (Login, error) {
	p, err := readProfile(wishes.Profile, getenv)
	switch {
	case err != nil:
		return Login{}, err
	case p.key == "":
		return Login{}, &Error{Path: p.path, Err: fmt.Errorf("profile [%s] has no key", wishes.Profile), Help: "add the line apikey = KEY"}
	case wishes.URL != "" && origin(wishes.URL) != p.url:
		return Login{}, cmdline.Usage(fmt.Sprintf("the key of profile %s goes to %s only", wishes.Profile, p.url),
			"leave out --api-url; for another address give its own key in RESCALE_API_KEY")
	}
	login := Login{URL: p.url, Key: p.key, Source: "section [" + wishes.Profile + "] of " + p.path}
	for _, name := range []string{keyVariable, urlVariable} {
		if getenv(name) != "" {
			login.Unused = append(login.Unused, name)
		}
	}
	return login, nil
}

// addressed finds where a key goes that no profile has.
func addressed(login Login, wishes Wishes, getenv func(string) string) (Login, error) {
	if url := firstOf(wishes.URL, getenv(urlVariable)); url != "" {
		login.URL = origin(url)
		return login, nil
	}
	p, err := readProfile("", getenv)
	if err == nil && p.url != DefaultURL {
		err = &HomelessKeyError{login.Source, p.url}
	}
	login.URL = DefaultURL
	return login, err
}

// standard uses the default profile, unless another address is wanted.
func standard(wishes Wishes, getenv func(string) string) (Login, error) {
	p, err := readProfile("", getenv)
	if err != nil {
		return Login{}, err
	}
	login := Login{URL: origin(firstOf(wishes.URL, getenv(urlVariable), p.url)), Key: p.key, Source: "section [default] of " + p.path}
	switch {
	case p.key == "":
		missing := &MissingKeyError{URL: login.URL, Path: p.path, Profiles: p.others}
		return vendors(wishes, getenv, missing)
	case login.URL != p.url:
		return Login{}, &MissingKeyError{URL: login.URL, Other: p.url}
	}
	return login, nil
}

// origin is an address without the path that older clients wrote behind it, in the
// form in which two can be compared.
func origin(url string) string {
	return strings.ToLower(strings.TrimSuffix(strings.TrimRight(strings.TrimSpace(url), "/"), "/api/v3"))
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
			Help: "--token-file takes the path of a file that holds the key, not the key itself",
		}
	}
	if err != nil {
		return "", &Error{Path: path, Err: pathCause(err)}
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", &Error{Path: path, Err: errors.New("the file is empty"), Help: "the file holds the API key and nothing else"}
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

// profile is one section of the file apiconfig; without one, its url is the default.
type profile struct {
	path, url, key string
	others         []string // the sections of a file that lacks the one that is meant
}

// readProfile reads the wished section, or [default] when none is wished. Only
// a wished one must exist.
func readProfile(wished string, getenv func(string) string) (profile, error) {
	without := profile{url: DefaultURL}
	for _, path := range profilePaths(getenv) {
		file, err := ini.LoadSources(ini.LoadOptions{IgnoreInlineComment: true}, path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return profile{}, unreadable(path, err)
		}
		if slices.ContainsFunc(sections(file), func(name string) bool { return strings.ContainsRune(name, 0) }) {
			return profile{}, &Error{Path: path, Err: errors.New("it is UTF-16"), Help: "save the file with the encoding UTF-8"}
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
		without = profile{path: path, url: DefaultURL, others: sections(file)}
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
		Help: "the file has sections like [default] with the lines apibaseurl = URL and apikey = KEY",
	}
}

// torn tells a line like "apibaseurl https://eu.rescale.com": the library takes its
// colon for the sign, and the key would go to another region than was written.
func torn(s *ini.Section) bool {
	return slices.ContainsFunc(s.KeyStrings(), func(key string) bool { return strings.Contains(key, " ") })
}

func missingProfile(path, wished string, known []string) error {
	if couldBeKey(wished) {
		return &Error{Path: path, Err: errors.New("no such profile"), Help: "--profile takes the name of a section, not the key"}
	}
	hint := diag.DidYouMean(wished, known)
	if hint == "" {
		hint = fmt.Sprintf("write the lines [%s], apibaseurl = URL and apikey = KEY into it", wished)
	}
	return &Error{Path: path, Err: fmt.Errorf("no profile [%s]", wished), Help: hint}
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
	url := firstOf(value("apibaseurl", "platform_url", "apiurl"), DefaultURL)
	return profile{path: path, url: origin(url), key: value("apikey", "api_key")}
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
