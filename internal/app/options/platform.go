package options

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/login"
)

// Platform says which platform, with which key, and where its runs are recorded.
type Platform struct {
	Local     bool
	Profile   string
	URL       string
	TokenFile string
	State     string
	Verbose   bool
}

// Flags are the flags of a platform.
func (o *Platform) Flags() []Flag {
	return []Flag{
		{Name: "local", Into: &o.Local, Usage: "run on this machine, on the embedded platform: no account, no cost"},
		{Name: "profile", Into: &o.Profile, Complete: "PROFILE", Usage: "key and address of section `NAME` of ~/.config/rescale/apiconfig"},
		{Name: "api-url", Into: &o.URL, Usage: "platform `URL` (default: RESCALE_API_URL, the profile, or " + login.DefaultURL + ")"},
		{Name: "token-file", Into: &o.TokenFile, Usage: "`FILE` that holds the API key (default: RESCALE_API_KEY, the profile, or ~/.config/rescale/token)"},
		{Name: "state", Into: &o.State, Usage: "state `FILE` (default: .rescale/MANIFEST.state.jsonl beside the manifest)"},
		{Name: "verbose", Alias: "v", Into: &o.Verbose, Usage: "show every request on stderr"},
	}
}

// Visited is a platform for commands without state.
type Visited struct{ Platform }

// Flags are the flags of a platform without that of the state, which would be ignored.
func (o *Visited) Flags() []Flag {
	return slices.DeleteFunc(o.Platform.Flags(), func(f Flag) bool { return f.Name == "state" })
}

// Remote is a platform other than this machine, for commands without state.
type Remote struct{ Platform }

// Flags are the flags of a platform, without those of state and of the embedded one.
func (o *Remote) Flags() []Flag {
	return slices.DeleteFunc(o.Platform.Flags(), func(f Flag) bool { return f.Name == "state" || f.Name == "local" })
}

// Again is the flags that choose the platform, to be typed behind another command, each
// with a blank before it.
func (o Platform) Again() string {
	if o.Local {
		return " --local"
	}
	var text strings.Builder
	for _, flag := range []struct{ name, value string }{{"profile", o.Profile}, {"api-url", o.URL}, {"token-file", o.TokenFile}} {
		if flag.value != "" && !strings.ContainsAny(flag.value, " \t\n'\"$`\\&|;<>()*?!#~") {
			fmt.Fprintf(&text, " --%s %s", flag.name, flag.value)
		}
	}
	return text.String()
}

// Check refuses flags that name another platform beside --local, one of which would
// silently be left out, and empty values, which are a variable that is not set.
func (o *Platform) Check(call Call) error {
	for _, flag := range []struct{ name, value string }{
		{"profile", o.Profile}, {"api-url", o.URL}, {"token-file", o.TokenFile},
	} {
		switch given := call.Given(flag.name); {
		case given && o.Local:
			return Usage(fmt.Sprintf("--local and --%s exclude each other", flag.name),
				"--local is a platform of its own, on this machine: leave one of the two out")
		case given && strings.TrimSpace(flag.value) == "":
			return noValue(flag.name)
		}
	}
	return nil
}

// Recorded says which state files. Neither a key nor a platform is needed to find and
// read one, and no sound manifest.
type Recorded struct{ Scope }

// Flags are the flags of state files.
func (o *Recorded) Flags() []Flag {
	return []Flag{
		{Name: "filename", Alias: "f", Into: &o.Files, Usage: "manifest `FILE` whose state is meant; may be repeated"},
		{Name: "state", Into: &o.State, Usage: "state `FILE`, when there is no manifest (default: .rescale/MANIFEST.state.jsonl beside the manifest)"},
		{Name: "local", Into: &o.Local, Usage: "the state of what ran with --local"},
	}
}

// Check keeps the verb for messages.
func (o *Recorded) Check(call Call) error {
	o.Verb = call.Verb
	return nil
}
