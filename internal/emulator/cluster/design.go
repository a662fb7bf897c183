package cluster

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
	"github.com/rescale-apply/rescale-apply/internal/emulator/doe"
)

// DesignError tells what of a design of experiments cannot be run.
type DesignError struct {
	File string // name
	Err  error
}

func (e *DesignError) Error() string { return fmt.Sprintf("File %q: %v", e.File, e.Err) }
func (e *DesignError) Unwrap() error { return e.Err }

// Runs returns the runs that a job is to have: one for each row of its table or choice of its ranges, or one. A table or template that cannot
// be read is a *DesignError.
func (c *Cluster) Runs(spec *disk.Spec) ([]disk.Run, error) {
	for i := range spec.Tiles {
		for _, task := range spec.Tiles[i].Templates {
			if _, err := c.template(task.ID); err != nil {
				return nil, err
			}
		}
	}
	if id := spec.Table(); id != "" {
		return c.design(id)
	}
	return combinations(spec.Ranges), nil
}

// combinations returns a run for each choice of values, the last variable changing first; without ranges one run.
func combinations(ranges []disk.Range) []disk.Run {
	out := make([]disk.Run, 1)
	for _, each := range ranges {
		var next []disk.Run
		for _, run := range out {
			for i := range each.Count {
				value := strconv.FormatFloat(each.First+float64(i)*each.Step, 'g', significant, 64)
				set := append(slices.Clone(run.Variables), disk.Variable{Name: each.Name, Value: value})
				next = append(next, disk.Run{Variables: set})
			}
		}
		out = next
	}
	return out
}

// significant digits hide that steps such as 0.1 add up a little off.
const significant = 12

func (c *Cluster) design(id string) ([]disk.Run, error) {
	file, ok := c.cfg.Store.File(id)
	if !ok {
		return nil, disk.ErrNotFound
	}
	source, err := os.Open(c.cfg.Store.Content(file))
	if err != nil {
		return nil, err
	}
	defer source.Close()
	table, err := doe.ReadTable(source)
	if err != nil {
		return nil, &DesignError{file.Name, err}
	}
	out := make([]disk.Run, len(table.Rows))
	for i, row := range table.Rows {
		for column, name := range table.Names {
			out[i].Variables = append(out[i].Variables, disk.Variable{Name: name, Value: row[column]})
		}
	}
	return out, nil
}

func (c *Cluster) template(id string) (*doe.Template, error) {
	file, ok := c.cfg.Store.File(id)
	if !ok {
		return nil, disk.ErrNotFound
	}
	text, err := os.ReadFile(c.cfg.Store.Content(file))
	if err != nil {
		return nil, err
	}
	template, err := doe.Parse(string(text))
	if err != nil {
		return nil, &DesignError{file.Name, err}
	}
	return template, nil
}

// render fills in the templates of all tiles. The results count as outputs of the run.
func (r *run) render() error {
	values := map[string]string{}
	for _, v := range r.job.Runs[r.number-1].Variables {
		values[v.Name] = v.Value
	}
	root, err := os.OpenRoot(r.work)
	if err != nil {
		return err
	}
	defer root.Close()
	for i := range r.job.Spec.Tiles {
		for _, task := range r.job.Spec.Tiles[i].Templates {
			if err := r.renderOne(root, task, values); err != nil {
				return fmt.Errorf("rendering %q: %w", task.Path, err)
			}
		}
	}
	return nil
}

func (r *run) renderOne(root *os.Root, task disk.TemplateTask, values map[string]string) error {
	template, err := r.c.template(task.ID)
	if err != nil {
		return err
	}
	text, err := template.Render(values)
	if err != nil {
		return err
	}
	path := filepath.FromSlash(task.Path)
	if err := root.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	// Like all inputs: the platform's own example renders the script that it runs.
	return root.WriteFile(path, []byte(text), 0o755)
}

// printed is the size of the log in bytes.
func (r *run) printed() (int64, error) {
	info, err := r.log.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// measure reads what the script after a command printed, from an offset of the log on: the values that the run of a
// design of experiments came to. The platform shows them among the run's variables.
func (r *run) measure(from int64) error {
	log, err := os.Open(r.log.Name())
	if err != nil {
		return err
	}
	defer log.Close()
	text, err := io.ReadAll(io.NewSectionReader(log, from, math.MaxInt64-from))
	if err != nil {
		return err
	}
	var found []disk.Variable
	for _, value := range doe.Results(string(text)) {
		found = append(found, disk.Variable(value))
	}
	return r.record(func(record *disk.Run) { record.Results = append(record.Results, found...) })
}
