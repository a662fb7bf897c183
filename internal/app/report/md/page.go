package md

import (
	"fmt"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/app/humanize"
)

// page is a text with a limit.
type page struct {
	out   strings.Builder
	limit Limit
	left  int
	lost  []string // what was left out, in words
}

// room is kept for the line that says what was left out.
const room = 400

// add writes a text as a whole, if it fits.
func (p *page) add(text string) bool {
	size := p.limit.Size(text)
	if size > p.left {
		return false
	}
	p.left -= size
	p.out.WriteString(text)
	return true
}

// table writes the rows that fit. Its end always does.
func (p *page) table(t table) {
	if len(t.rows) == 0 {
		return
	}
	begin, end := t.head, "\n"
	if t.title != "" {
		begin, end = fmt.Sprintf("<details><summary>%s</summary>\n\n%s", t.title, t.head), "\n</details>\n\n"
	}
	if p.limit.Size(begin+t.rows[0]+end) > p.left {
		p.lose(t.what, len(t.rows))
		return
	}
	p.left -= p.limit.Size(end)
	p.add(begin)
	for i, row := range t.rows {
		if !p.add(row) {
			p.lose(t.what, len(t.rows)-i)
			break
		}
	}
	p.out.WriteString(end)
}

// lose counts what is left out.
func (p *page) lose(what string, n int) { p.lost = append(p.lost, humanize.Plural(n, what)) }

// end is the last line but one of a page that something was left out of.
func (p *page) end() string {
	if len(p.lost) == 0 {
		return ""
	}
	return fmt.Sprintf("**Left out, because the page would be too long: %s.**\n\n", strings.Join(p.lost, ", "))
}
