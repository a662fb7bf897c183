package proof_test

import (
	"fmt"
	"math/rand/v2"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	known "github.com/rescale-apply/rescale-apply/internal/convert/formats"
	"github.com/rescale-apply/rescale-apply/internal/convert/jobsetup"
	"github.com/rescale-apply/rescale-apply/internal/convert/massjobs"
	"github.com/rescale-apply/rescale-apply/internal/convert/nextflow"
	"github.com/rescale-apply/rescale-apply/internal/convert/pur"
)

// dice makes random jobs; one seed makes the same ones.
type dice struct{ *rand.Rand }

func (d dice) one(n int) bool { return d.IntN(n) == 0 }

func pick[T any](d dice, from ...T) T { return from[d.IntN(len(from))] }

// some returns up to most values, each once.
func some(d dice, most int, from ...string) []string {
	var list []string
	for _, i := range d.Perm(len(from))[:d.IntN(most+1)] {
		list = append(list, from[i])
	}
	return list
}

// line is a text that a job may have in one line, with all that a format could trip over.
func (d dice) line() string {
	parts := []string{
		"run", "./solve.sh", "case 1", "a,b", `"quoted"`, "'single'", "# hash", "k: v", "$VAR", "${VAR}", "${{ matrix.x }}", "$${{", `back\slash`, "größe", "日本", "%d", "yes", "0x1f", "1e3", "-", "{a}", "[b]", "*", "&x", "!y", "|", ">", "@z", "`date`", "007", "~", "null", "🚀",
	}
	var b strings.Builder
	for i := range 1 + d.IntN(4) {
		if i > 0 {
			b.WriteString(pick(d, " ", "-", "_", " && ", "; "))
		}
		b.WriteString(pick(d, parts...))
	}
	return b.String()
}

// title is a name of a job; of jobs of a series, with a number.
func (d dice) title(series string, i int) string {
	switch d.IntN(6) {
	case 0:
		return d.line()
	case 1:
		return "twin"
	}
	return fmt.Sprintf(series, i)
}

// variables are what a job has in its environment; none looks like a secret.
func (d dice) variables() map[string]string {
	all := make(map[string]string)
	for _, name := range some(d, 3, "LM_LICENSE_FILE", "ANSYSLMD_LICENSE_FILE", "LM_PROJECT", "OMP_NUM_THREADS", "PATH_TO", "a") {
		all[name] = pick(d, "27000@license.example.com", "1055@a:2325@b", "-1", "", "1", d.line())
	}
	return all
}

// format is a format with a generator of its texts.
type format struct {
	read convert.Reader
	make func(d dice) made
}

// made is a random text, what its client sends for it, and the files that it names.
type made struct {
	text  string
	want  []sent
	files []string
}

func formats() map[string]format {
	return map[string]format{
		"jobs.csv":        {pur.Read, func(d dice) made { return purCSV(d) }},
		"jobs.json":       {pur.ReadJSON, func(d dice) made { return purJSON(d) }},
		"matrix.csv":      {massjobs.Read, matrixCSV},
		"job_setup.txt":   {jobsetup.Read, setup},
		"nextflow.config": {nextflow.Read, nextflowConfig},
		"body.json":       {reader("body"), bodies},
		"script.sh":       {reader("sge"), script},
	}
}

// reader is the reader of a format, by the name that people type.
func reader(name string) convert.Reader {
	f, _ := known.Named(name)
	return f.Read
}

// TestRandomJobsSendWhatTheOtherClientSends is TestSamples… for jobs that chance makes.
func TestRandomJobsSendWhatTheOtherClientSends(t *testing.T) {
	t.Parallel()
	const seeds = 40
	for name, f := range formats() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(seeds) {
				m := f.make(dice{rand.New(rand.NewPCG(seed, 1))}) //nolint:gosec // chance, and no secret
				if len(m.want) == 0 {
					continue
				}
				w := write(t, f.read, name, []byte(m.text))
				for _, file := range m.files {
					put(t, w.dir, file, path.Base(file))
				}
				if diff := cmp.Diff(sorted(m.want), w.sends(t), cmpopts.EquateEmpty()); diff != "" {
					t.Fatalf("seed %d (-want +got)\n%s\n%s\nbecomes\n%s", seed, diff, m.text, w.text.YAML)
				}
			}
		})
	}
}
