package app

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
)

// secretName matches a variable of the environment that holds a secret, as far as its
// name can say.
var secretName = regexp.MustCompile(`(?i)(api_?key|secret|token|passw|credential|private_?key|access_?key)`)

// secretsOf are the secrets of the environment. A path to one is none.
func secretsOf(env Env) (list []rescale.Secret) {
	if env.Getenv != nil {
		list = append(list, rescale.NewSecret(env.Getenv("RESCALE_API_KEY")))
	}
	for _, variable := range env.Environ {
		name, value, _ := strings.Cut(variable, "=")
		if secretName.MatchString(name) && !filepath.IsAbs(value) {
			list = append(list, rescale.NewSecret(value))
		}
	}
	return slices.DeleteFunc(list, rescale.Secret.IsZero)
}

// secrets takes the values of the jobs' secrets out of the environment, which nobody does
// afterwards, and gives those that are missing or cannot be sent as they are. Commands
// that only look do without: a plan may be made where there are none.
func secrets(jobs []spec.Job, getenv func(string) string) (values map[string]rescale.Secret, unfit diag.List) {
	values = make(map[string]rescale.Secret)
	var problems diag.Gathering
	for _, job := range jobs {
		var own diag.List
		for _, name := range job.Secrets {
			value := getenv(name.V)
			switch {
			case value == "":
				own.Add(name.Pos, diag.MissingSecret, exporting(name.V)+", or pass it as a secret of your CI; its value stands in no file",
					"secret %s is not set in the environment", name.V)
				continue
			case !utf8.ValidString(value):
				own.Add(name.Pos, diag.NotText, "export it in UTF-8; bytes that are no text fit into base64, which the command decodes",
					"secret %s is not UTF-8, and the job would get another value", name.V)
			}
			values[name.V] = rescale.NewSecret(value)
		}
		problems.Add(own)
	}
	return values, problems.List().Sort()
}

// exporting says how a variable gets into the environment: a shell exports none with a
// hyphen or a dot in its name.
func exporting(name string) string {
	if strings.ContainsAny(name, "-.") {
		return "start this as env " + name + "=… rescale-apply"
	}
	return "export " + name + "=…"
}
