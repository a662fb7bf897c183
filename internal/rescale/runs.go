package rescale

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Run is one execution of a job's commands (rescale-api.md §8.5). A basic job has one,
// with the id "1"; a design of experiments has one for each row.
type Run struct {
	ID        string
	Started   time.Time // zero before it begins
	Completed time.Time // zero until it is over
	Files     int       // outputs that are stored
	Size      int64     // of them, in bytes; 0 when the platform does not say
	Variables []Variable
}

// Variable is a parameter of a run, or a value that the run came to.
type Variable struct{ Name, Value string }

type wireRun struct {
	ID              text         `json:"id"`
	DateStarted     hint[date]   `json:"dateStarted"`
	DateCompleted   hint[date]   `json:"dateCompleted"`
	OutputFileCount hint[number] `json:"outputFileCount"`
	OutputFileSize  hint[number] `json:"outputFileSize"`
	Variables       hint[[]struct {
		Name  text `json:"name"`
		Value text `json:"value"`
		Shown text `json:"displayValue"`
	}] `json:"variables"`
}

func (w wireRun) run() Run {
	run := Run{
		ID: string(w.ID), Started: w.DateStarted.value.Time, Completed: w.DateCompleted.value.Time,
		Files: w.OutputFileCount.value.whole(), Size: int64(max(0, min(float64(w.OutputFileSize.value), 1<<62))),
	}
	for _, v := range w.Variables.value {
		run.Variables = append(run.Variables, Variable{string(v.Name), string(cmp.Or(v.Shown, v.Value))})
	}
	return run
}

// Runs lists the runs of a job, as far as they can be seen: none before the first begins
// (rescale-api.md §8.5). 404 is an *Error.
func (c *Client) Runs(ctx context.Context, id string) ([]Run, error) {
	if err := checkID(id); err != nil {
		return nil, err
	}
	found, err := all[wireRun](ctx, c, listing{path: jobPath(id) + "runs/", size: catalogPageSize})
	return distinct(convert(found, wireRun.run), func(r Run) string { return r.ID }), err
}

// BadPathError says that a path is none below a work folder, so that no request was made
// with it.
type BadPathError struct{ Path string }

// Error quotes the path.
func (e *BadPathError) Error() string {
	return fmt.Sprintf("%q is not a path in the work folder of a job", shorten(e.Path, 40))
}

// Hint says what such paths look like.
func (*BadPathError) Hint() string {
	return "write it as it is below the work folder, such as case/solver.log"
}

// maxTail bounds the answer with the end of a file, in bytes.
const maxTail = 8 << 20

// ErrTailTooLong says that the lines that were asked for are longer than 8 MiB. Fewer of
// them may be had.
var ErrTailTooLong = errors.New("the end of the file is too long to be read at once")

// NotYetError says that the platform does not show what a run is doing: it has not begun
// to, the run has no such file, or is over. Early answers are 404, or no JSON at all
// (rescale-api.md §8.5, §14 A8).
type NotYetError struct {
	Path string // of the request
	Why  string
}

// Error names the request and what came instead of an answer.
func (e *NotYetError) Error() string {
	return fmt.Sprintf("GET %s: nothing to see yet: %s", e.Path, e.Why)
}

// Hint says what helps.
func (*NotYetError) Hint() string {
	return "the platform shows a file some time after the run began to write it; try again in a minute"
}

// Tail reads the last lines of a file in the work folder of a run that is going on
// (rescale-api.md §8.5). The path is relative to that folder. Lines may keep their line
// breaks, and the last may be half written. Fewer lines than asked for are all that the
// file has. What is not there, or not yet, is a *NotYetError; more than 8 MiB are an
// ErrTailTooLong.
func (c *Client) Tail(ctx context.Context, id, run, path string, lines int) ([]string, error) {
	below, ok := escaped(path)
	if !ok {
		return nil, &BadPathError{Path: path}
	}
	if lines <= 0 {
		return nil, fmt.Errorf("reading the end of %q of job %s: %d is no number of lines", path, id, lines)
	}
	r := request{method: http.MethodGet, path: "tail/" + below, query: url.Values{"lines": {strconv.Itoa(lines)}}}
	var w struct {
		FileType text    `json:"fileType"`
		Lines    *[]text `json:"lines"`
	}
	if err := c.live(ctx, id, run, r, &w); err != nil {
		return nil, err
	}
	if w.Lines == nil {
		return nil, &NotYetError{Path: jobPath(id) + "runs/" + run + "/" + r.path, Why: "the answer holds no lines"}
	}
	return convert(*w.Lines, func(t text) string { return string(t) }), nil
}

// escaped is a path below the work folder as a part of a URL. One that leads out of it
// would be another request.
func escaped(path string) (below string, ok bool) {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if s == "" || s == "." || s == ".." {
			return "", false
		}
		segments[i] = url.PathEscape(s)
	}
	return strings.Join(segments, "/"), true
}

// DirectoryContents lists the paths of the files in the work folder of a run that is
// going on (rescale-api.md §8.5). What is not there, or not yet, is a *NotYetError.
func (c *Client) DirectoryContents(ctx context.Context, id, run string) ([]string, error) {
	var w []struct {
		Path string `json:"path"`
	}
	if err := c.live(ctx, id, run, request{method: http.MethodGet, path: "directory-contents/"}, &w); err != nil {
		return nil, err
	}
	var paths []string
	for _, entry := range w {
		if entry.Path != "" {
			paths = append(paths, entry.Path)
		}
	}
	return paths, nil
}

// live reads what a run is doing. The path of r is below that of the run.
func (c *Client) live(ctx context.Context, id, run string, r request, out any) error {
	if err := errors.Join(checkID(id), checkID(run)); err != nil {
		return err
	}
	r.path = jobPath(id) + "runs/" + run + "/" + r.path
	err := c.repeat(ctx, func() error {
		return c.converse(ctx, r, func(resp *http.Response) error { return c.decodeLive(r, resp, out) })
	})
	if isNotFound(err) {
		return &NotYetError{Path: r.path, Why: statusText(http.StatusNotFound)}
	}
	return err
}

// decodeLive reads an answer that need not be one: a run that has only just begun gets
// anything.
func (c *Client) decodeLive(r request, resp *http.Response, out any) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxTail+1))
	switch {
	case err != nil:
		return c.networkError(resp.Request.Context(), r, fmt.Errorf("the answer broke off after %d bytes: %w", len(body), err))
	case len(body) > maxTail:
		return fmt.Errorf("%s %s: %w", r.method, r.path, ErrTailTooLong)
	case json.Unmarshal(body, out) != nil:
		return &NotYetError{Path: r.path, Why: "the answer is not the expected JSON: " + describe(body, c.veil)}
	}
	return nil
}

// Cluster is a persistent cluster, which is there before a job and outlives it. What the
// platform does not say is empty (rescale-api.md §7.7).
type Cluster struct {
	ID        string
	CoreType  string   // code
	Cores     int      // of all its machines, as far as a slot can have them
	Walltime  int      // hours after which it ends; 0 is unknown
	Installed []string // codes of software
	Status    string   // the last one of rescale-api.md §8.3; empty before it was started
}

// Cluster reads a persistent cluster. Its history is what is known to exist; without a
// record of the cluster, only the status is known. Errors: *[Error]; with status 404 there
// is no such cluster.
func (c *Client) Cluster(ctx context.Context, id string) (Cluster, error) {
	if err := checkID(id); err != nil {
		return Cluster{}, err
	}
	path := "/api/v3/clusters/" + id + "/"
	history, err := all[wireStatus](ctx, c, listing{path: path + "statuses/", size: catalogPageSize})
	if err != nil {
		return Cluster{}, err
	}
	found := Cluster{ID: id}
	if len(history) > 0 {
		found.Status = history[0].status().Status
	}
	var w struct {
		Hardware struct {
			CoreType     hint[reference] `json:"coreType"`
			CoresPerSlot number          `json:"coresPerSlot"`
			Walltime     number          `json:"walltime"`
		} `json:"hardware"`
		Installed []struct {
			Analysis struct {
				Code string `json:"code"`
			} `json:"analysis"`
		} `json:"installedAnalyses"`
	}
	if _, err := c.get(ctx, path, nil, &w); isNotFound(err) {
		return found, nil
	} else if err != nil {
		return Cluster{}, err
	}
	found.CoreType, found.Cores, found.Walltime = string(w.Hardware.CoreType.value), w.Hardware.CoresPerSlot.whole(), w.Hardware.Walltime.whole()
	for _, software := range w.Installed {
		found.Installed = append(found.Installed, software.Analysis.Code)
	}
	return found, nil
}

// AttachStorage gives a draft high-performance storage, which its commands find as
// ~/storage_ID (rescale-api.md §7.7). It is not repeated; whether doing it twice is
// harmless is not known.
func (c *Client) AttachStorage(ctx context.Context, job, device string) error {
	if err := errors.Join(checkID(job), checkID(device)); err != nil {
		return err
	}
	return c.change(ctx, request{
		method: http.MethodPost, path: jobPath(job) + "storage-devices/",
		body: map[string]any{"storageDevice": map[string]string{"id": device}}, act: "attaching storage " + device + " to job " + job,
	}, nil)
}

// AttachedStorage lists the ids of the storage that a job has. That the platform answers
// this is not known: it may refuse.
func (c *Client) AttachedStorage(ctx context.Context, job string) ([]string, error) {
	if err := checkID(job); err != nil {
		return nil, err
	}
	type attached struct {
		ID     text `json:"id"`
		Device *struct {
			ID text `json:"id"`
		} `json:"storageDevice"`
	}
	found, err := all[attached](ctx, c, listing{path: jobPath(job) + "storage-devices/", size: catalogPageSize})
	return convert(found, func(a attached) string {
		if a.Device != nil { // as it is written when it is attached
			return string(a.Device.ID)
		}
		return string(a.ID)
	}), err
}

// wholeJob is a stored job with its text.
type wholeJob struct {
	wireJob
	text []byte
}

// UnmarshalJSON reads the job, and keeps its text.
func (w *wholeJob) UnmarshalJSON(data []byte) error {
	w.text = bytes.Clone(data)
	return json.Unmarshal(data, &w.wireJob)
}

// Job reads one stored job; 404 is an *Error.
func (c *Client) Job(ctx context.Context, id string) (Job, error) {
	if err := checkID(id); err != nil {
		return Job{}, err
	}
	var w wholeJob
	r := request{method: http.MethodGet, path: jobPath(id)}
	if _, err := c.get(ctx, r.path, nil, &w); err != nil {
		return Job{}, err
	}
	if w.ID != id {
		return Job{}, c.unexpected(r, http.StatusOK, fmt.Sprintf("job %q instead of %q", w.ID, id))
	}
	job := w.job()
	job.Raw = w.text
	return job, nil
}
