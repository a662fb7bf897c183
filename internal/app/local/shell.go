package local

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/options/cmdline"
)

// shell finds the bash that runs the commands of jobs. Without one, every job would
// fail as if its command had.
func shell(environ []string) (string, error) {
	if path := findBash(runtime.GOOS, environ, startable); path != "" {
		return path, nil
	}
	hint := "install bash, or put its folder into PATH"
	if runtime.GOOS == "windows" {
		hint = "install Git for Windows, which brings a bash: https://git-scm.com/download/win; that of WSL is in another system and cannot see this folder"
	}
	return "", cmdline.Usage("the local platform runs the commands of jobs with bash, and this machine has none", hint)
}

func startable(path string) bool {
	_, err := exec.LookPath(path)
	return err == nil && filepath.IsAbs(path)
}

// findBash looks in PATH, and on Windows also where Git for Windows is, which puts
// its bash into no PATH. It gives "" when there is none.
func findBash(system string, environ []string, there func(string) bool) string {
	var candidates []string
	if system == "windows" {
		candidates = windowsBash(variables(environ))
	} else {
		for _, dir := range strings.Split(variables(environ)["PATH"], ":") {
			candidates = append(candidates, dir+"/bash")
		}
	}
	if i := slices.IndexFunc(candidates, there); i >= 0 {
		return candidates[i]
	}
	return ""
}

// windowsBash are the paths that bash can have on Windows. What lies in the system's
// folders starts WSL.
func windowsBash(env map[string]string) []string {
	var inPath, ofGit []string
	for _, dir := range strings.Split(env["PATH"], ";") {
		dir = strings.TrimRight(strings.Trim(dir, `"`), `\/`)
		lower := strings.ToLower(strings.ReplaceAll(dir, "/", `\`))
		root := strings.ToLower(env["SYSTEMROOT"])
		if dir == "" || root != "" && strings.HasPrefix(lower, root) || strings.HasSuffix(lower, `\windowsapps`) {
			continue
		}
		inPath = append(inPath, dir+`\bash.exe`)
		if above, isGit := strings.CutSuffix(lower, `\cmd`); isGit {
			ofGit = append(ofGit, dir[:len(above)]+`\bin\bash.exe`)
		}
	}
	for _, name := range []string{"PROGRAMFILES", "PROGRAMW6432", "PROGRAMFILES(X86)"} {
		if dir := env[name]; dir != "" {
			ofGit = append(ofGit, dir+`\Git\bin\bash.exe`)
		}
	}
	if dir := env["LOCALAPPDATA"]; dir != "" {
		ofGit = append(ofGit, dir+`\Programs\Git\bin\bash.exe`)
	}
	return append(inPath, ofGit...)
}

// variables is an environment by its names, in capitals as Windows compares them. Of
// a name that is there twice the last one counts.
func variables(environ []string) map[string]string {
	env := make(map[string]string)
	for _, setting := range environ {
		name, value, _ := strings.Cut(setting, "=")
		if runtime.GOOS == "windows" {
			name = strings.ToUpper(name)
		}
		env[name] = value
	}
	return env
}
