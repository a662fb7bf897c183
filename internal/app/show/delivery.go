package show

import (
	"fmt"
	"io"

	"github.com/rescale-apply/rescale-apply/internal/content"
)

// Delivery is the results of one job, fetched or only listed.
type Delivery struct {
	Job      string // name in the manifest; the id without one
	ID       string
	To       string // folder of the files
	Listed   bool   // nothing was fetched
	Files    []DeliveredFile
	Failures []error
}

// DeliveredFile is one result file.
type DeliveredFile struct {
	Path    string // below the folder
	Size    int64  // bytes
	SHA512  string
	Refused error // why it must not be written here
}

// Delivery writes what was fetched in one line, or what is listed in one a file.
func (s Style) Delivery(w io.Writer, d Delivery) {
	var size int64
	var rows [][]string
	for _, f := range d.Files {
		size += f.Size
		row := []string{d.Job, content.Bytes(f.Size), f.Path}
		if f.Refused != nil {
			row = append(row, s.paint(red, oneLine(f.Refused)))
		}
		rows = append(rows, row)
	}
	switch {
	case d.Listed && len(rows) > 0:
		Table(w, rows)
	case d.Listed:
		fmt.Fprintf(w, "  %s   no file\n", d.Job)
	default:
		fmt.Fprintf(w, "%s   %s\n", d.Job, s.folder(d.To, len(d.Files), size))
	}
}

// DeliveriesJSON is what download -o json prints: one object.
type DeliveriesJSON struct {
	FormatVersion int            `json:"formatVersion"`
	Jobs          []DeliveryJSON `json:"jobs"`
}

// DeliveryJSON is the results of one job.
type DeliveryJSON struct {
	Name   string       `json:"name"`
	ID     string       `json:"id"`
	To     string       `json:"to"`
	Files  []ListedJSON `json:"files"`
	Errors []string     `json:"errors,omitempty"`
}

// ListedJSON is one result file.
type ListedJSON struct {
	ResultJSON
	Refused string `json:"refused,omitempty"` // why it cannot be fetched
}

// WriteDeliveries writes one JSON object.
func WriteDeliveries(w io.Writer, list []Delivery) error {
	out := DeliveriesJSON{FormatVersion: FormatVersion, Jobs: []DeliveryJSON{}}
	for _, d := range list {
		out.Jobs = append(out.Jobs, d.JSON())
	}
	return WriteJSON(w, out)
}

// JSON is the form for programs.
func (d Delivery) JSON() DeliveryJSON {
	job := DeliveryJSON{Name: d.Job, ID: d.ID, To: d.To, Files: []ListedJSON{}}
	for _, f := range d.Files {
		file := ListedJSON{ResultJSON: ResultJSON{f.Path, f.Size, f.SHA512}}
		if f.Refused != nil {
			file.Refused = f.Refused.Error()
		}
		job.Files = append(job.Files, file)
	}
	for _, err := range d.Failures {
		job.Errors = append(job.Errors, err.Error())
	}
	return job
}
