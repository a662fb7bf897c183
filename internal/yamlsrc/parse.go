package yamlsrc

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"gopkg.in/yaml.v3"

	"github.com/rescale-apply/rescale-apply/internal/diag"
)

// maxSyntaxErrors bounds how often reading starts again after a broken document.
const maxSyntaxErrors = 10

// Parse reads every document of a text. It skips documents without a value. After a
// document that is not YAML, it continues after the next "---" line, so one mistake
// does not hide those in other documents; the broken document itself is not among the
// results.
func Parse(src diag.Source) ([]*Document, diag.List) {
	body, list := readable(src)
	if list != nil {
		return nil, list
	}
	p := &parse{text: newText(src.Name, body), values: MaxValues}
	for from := 0; from >= 0 && from < len(body) && !p.stopped; {
		from = p.part(from)
	}
	if len(p.docs) == 0 && len(p.list) == 0 {
		p.list.Add(diag.Position{File: src.Name, Line: 1, Col: 1}, diag.EmptyFile,
			"a job needs at least version, name, analysis, hardware and command; see the manifests under examples/",
			"the text holds no job")
	}
	return p.docs, p.list.Sort()
}

// parse is the state of reading one text.
type parse struct {
	text    *text
	docs    []*Document
	list    diag.List
	values  int
	errors  int
	stopped bool
}

// part reads documents from the byte offset on, until the end or the first one that is
// not YAML. It returns the offset to continue from, or -1.
func (p *parse) part(from int) int {
	line, _ := p.text.yaml.place(from)
	dec := yaml.NewDecoder(bytes.NewReader(p.text.body[from:]))
	for !p.stopped {
		node, err := next(dec)
		if errors.Is(err, io.EOF) {
			return -1
		}
		if err != nil {
			return p.broken(from, err)
		}
		p.document(node, line-1)
	}
	return -1
}

// document converts a node whose lines count from the line base on.
func (p *parse) document(node *yaml.Node, base int) {
	shift(node, base)
	doc := &Document{text: p.text}
	c := &converter{
		doc: doc, list: &p.list, values: &p.values,
		anchored: make(map[*yaml.Node]bool), open: make(map[*yaml.Node]bool),
	}
	if len(node.Content) == 0 {
		return
	}
	doc.Value, doc.root = c.value(node.Content[0], 1)
	p.stopped = c.stopped
	if doc.Value != nil && !c.stopped {
		p.docs = append(p.docs, doc)
	}
}

// shift makes the lines of all nodes count from the start of the text.
func shift(node *yaml.Node, lines int) {
	if lines == 0 {
		return
	}
	node.Line += lines
	for _, child := range node.Content {
		shift(child, lines)
	}
}

// broken reports a document that is not YAML and finds the next one.
func (p *parse) broken(from int, err error) int {
	p.errors++
	found, line := p.text.diagnose(from, err)
	p.list = append(p.list, found)
	if p.errors == maxSyntaxErrors {
		return -1
	}
	return p.text.nextDocument(line)
}

// next reads one document. The YAML library returns an error for broken text; a panic
// of the library is treated the same, because no text may stop the program.
func next(dec *yaml.Decoder) (node *yaml.Node, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("yaml: the text confuses the YAML reader: %v", cause)
		}
	}()
	node = new(yaml.Node)
	return node, dec.Decode(node)
}
