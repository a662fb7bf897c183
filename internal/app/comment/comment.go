// Package comment keeps one comment of this tool on a pull request of GitHub, or on a
// merge request of GitLab: it makes the comment once, and afterwards changes it. Which
// comment that is, its first line says, which nobody sees.
package comment

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/app/report/md"
	"github.com/rescale-apply/rescale-apply/internal/app/show"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// Poster posts comments.
type Poster struct {
	Transport http.RoundTripper
	Getenv    func(string) string
	Agent     string // name and version of the program
}

// Posted is what became of a comment.
type Posted struct {
	Outcome Outcome
	URL     string // for a browser; empty when the server does not say
}

// Outcome is what was done.
type Outcome string

// The outcomes.
const (
	Created Outcome = "created"
	Updated Outcome = "updated"
)

// PostedJSON is what report comment -o json prints.
type PostedJSON struct {
	FormatVersion int     `json:"formatVersion"`
	Outcome       Outcome `json:"outcome"`
	URL           string  `json:"url,omitempty"`
}

// JSON is the form for programs.
func (p Posted) JSON() PostedJSON { return PostedJSON{show.FormatVersion, p.Outcome, p.URL} }

// remark is a comment as it is on the server.
type remark struct {
	id     string
	body   string
	author string // name
	url    string
}

// forge is a server with requests that people comment.
type forge interface {
	// me is the name of who the token belongs to.
	me(ctx context.Context) (string, error)
	// page gives some of the comments, the oldest first, and where the next ones are; empty
	// for the first page, and when there are no more.
	page(ctx context.Context, at string) (list []remark, next string, err error)
	create(ctx context.Context, body string) (remark, error)
	update(ctx context.Context, id, body string) (remark, error)
}

// Post makes the comment with the marker, or changes it. Errors: *cmdline.UsageError where
// the environment names no request or no token, *[Error] of the server.
func (p Poster) Post(ctx context.Context, marker, body string) (Posted, error) {
	server, err := p.forge()
	if err != nil {
		return Posted{}, err
	}
	id, err := find(ctx, server, marker)
	if err != nil {
		return Posted{}, err
	}
	if id == "" {
		made, err := server.create(ctx, body)
		return Posted{Created, diag.Line(made.url)}, err
	}
	made, err := server.update(ctx, id, body)
	return Posted{Updated, diag.Line(made.url)}, err
}

// mostPages bounds the pages of comments. GitHub allows 2,500 comments, which are 25 pages.
const mostPages = 200

// find gives the oldest comment of ours with the marker; empty for none. One of somebody
// else is left alone: what we write there its author could change to say something else.
func find(ctx context.Context, server forge, marker string) (id string, err error) {
	own, err := server.me(ctx)
	switch {
	case err != nil:
		return "", err
	case own == "": // as the author of a comment is whose account was deleted
		return "", &Error{Act: askOwner, Cause: "the server names nobody"}
	}
	for at, pages := "", 0; pages < mostPages; pages++ {
		list, next, err := server.page(ctx, at)
		if err != nil {
			return "", err
		}
		for _, r := range list {
			if firstLine(r.body) == marker && r.author == own {
				return r.id, nil
			}
		}
		if next == "" {
			return "", nil
		}
		at = next
	}
	return "", &Error{Act: "reading the comments", Cause: fmt.Sprintf("there are more than %d pages", mostPages)}
}

// askOwner is the first request.
const askOwner = "asking for the owner of the token"

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimRight(line, " \r")
}

// markers are what --marker takes: nothing that ends a comment of HTML.
var markers = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.:/]*(-[A-Za-z0-9_.:/]+)*$`)

// longestMarker is how many characters a marker has at most.
const longestMarker = 200

// Marked gives a text its marker: the given one, or that of a report, which has its own.
func Marked(given, text string) (marker, body string, err error) {
	own := firstLine(text)
	if !strings.HasPrefix(own, md.Signature) || !strings.HasSuffix(own, "-->") {
		own = ""
	}
	switch {
	case given == "" && own == "":
		return "", "", options.Usage("the text has no marker, by which its comment would be found again", "--marker plan")
	case given == "":
		return own, text, nil
	case len(given) > longestMarker || !markers.MatchString(given):
		return "", "", options.Usage(fmt.Sprintf("--marker %s is no marker", given), "it has letters, digits and _ . : /, and single dashes between them, such as --marker plan-heat")
	case own != "":
		_, text, _ = strings.Cut(text, "\n")
	}
	marker = md.Signature + given + " -->"
	return marker, marker + "\n" + text, nil
}

// patience is how long one request may take.
const patience = time.Minute
