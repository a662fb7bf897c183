package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

// storedFile is what the scripts say about a file.
type storedFile struct {
	ID            string
	Name          string
	Owner         string
	TypeID        int
	DecryptedSize int64
}

// inputFiles are the inputs that an account has stored, newest first.
func (p *platform) inputFiles(ts *testscript.TestScript, key string) []storedFile {
	var listing struct{ Results []storedFile }
	request, err := http.NewRequest(http.MethodGet, p.web.URL+"/api/v2/files/?page_size=1000", nil)
	ts.Check(err)
	ts.Check(json.Unmarshal(p.do(ts, request, key), &listing))
	return slices.DeleteFunc(listing.Results, func(f storedFile) bool { return f.TypeID != 1 })
}

func (p *platform) files(ts *testscript.TestScript) {
	list := append(p.inputFiles(ts, activeKey), p.inputFiles(ts, otherKey)...)
	for _, f := range list {
		fmt.Fprintf(ts.Stdout(), "%s %d %s\n", f.Owner, f.DecryptedSize, f.Name)
	}
	if len(list) == 0 {
		fmt.Fprintln(ts.Stdout(), "none")
	}
}

func (p *platform) remove(ts *testscript.TestScript, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: emu remove NAME")
	}
	list := p.inputFiles(ts, activeKey)
	i := slices.IndexFunc(list, func(f storedFile) bool { return f.Name == args[0] })
	if i < 0 {
		ts.Fatalf("no file %q", args[0])
	}
	p.send(ts, http.MethodDelete, "/api/v2/files/"+list[i].ID+"/", nil)
}

func (p *platform) alter(ts *testscript.TestScript, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: emu alter FILE")
	}
	file := ts.MkAbs(args[0])
	ts.Check(p.server.AddFault(emulator.Fault{
		Action: emulator.ActionRewrite, Method: http.MethodPost, Path: "/api/v2/files/contents/",
		Rewrite: func(answer []byte) []byte {
			if err := os.WriteFile(file, []byte("altered"), 0o644); err != nil {
				return nil
			}
			return answer
		},
	}))
}

// ask sends what no command of the product sends.
func (p *platform) ask(ts *testscript.TestScript, args []string) {
	if len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: emu send METHOD PATH [BODY]")
	}
	answer := p.send(ts, args[0], args[1], []byte(strings.Join(args[2:], "")))
	fmt.Fprintln(ts.Stdout(), string(answer))
}
