package serve

import (
	"fmt"
	"path/filepath"
	"time"

	"github.com/rescale-apply/rescale-apply/internal/app/options"
	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

// Options say what to serve, where, and with which troubles.
type Options struct {
	listen   string
	remote   bool
	hosts    []string
	key      string
	data     string
	speed    float64
	catalogs []string
	throttle bool
	switches emulator.Switches

	refusal string // of deletes, as typed
	skew    time.Duration
	seed    uint64
}

// Defaults are the options of a person who gives none.
func Defaults() Options {
	return Options{listen: "127.0.0.1:8099", data: filepath.Join(".rescale", "emulator")}
}

// Flags are the flags of the emulator; the last ones call up what a client has to bear
// with and seldom meets.
func (o *Options) Flags() []options.Flag {
	return []options.Flag{
		{Name: "listen", Into: &o.listen, Usage: "`ADDRESS` to listen on; port 0 takes a free one"},
		{Name: "host", Into: &o.hosts, Usage: "answer also to the host `NAME`, besides localhost and addresses; may be repeated"},
		{Name: "key", Into: &o.key, Usage: "API `KEY` to accept (default: a random one, kept in the data folder)"},
		{Name: "data", Into: &o.data, Usage: "`FOLDER` for files and jobs"},
		{Name: "speed", Into: &o.speed, Usage: "platform seconds per real second: `N`; walltimes shrink with it; 0: status changes take no time, walltimes are real"},
		{Name: "catalog", Into: &o.catalogs, Usage: "offer what the API's answers for analyses and coretypes in `FILE` name; may be repeated"},
		{Name: "throttle", Into: &o.throttle, Usage: "answer 429 above the platform's documented request limits"},
		{Name: "allow-remote", Into: &o.remote, Usage: "listen on an address that other machines can reach: they can run commands here"},
		{Name: "refuse-deletes", Into: &o.refusal, Usage: "answer `STATUS` to every delete of a draft, or as 403,2 to the first two of each"},
		{Name: "trash", Into: &o.switches.Trash, Usage: "go on answering GET for deleted jobs, which no list shows"},
		{Name: "cut-names", Into: &o.switches.NameLimit, Usage: "cut names of jobs to `N` characters; 0: keep them whole"},
		{Name: "whole-seconds", Into: &o.switches.WholeSeconds, Usage: "show dateInserted in whole seconds"},
		{Name: "bills", Into: &o.switches.Bills, Usage: "let the account see the bill of its workspace, as an administrator does"},
		{Name: "skew", Into: &o.skew, Usage: "let dateInserted be off by up to `TIME`, such as 2s, to both sides"},
		{Name: "seed", Into: &o.seed, Usage: "choose other skews: `N`"},
	}
}

// Check reads what the flags say of troubles.
func (o *Options) Check(options.Call) error {
	if o.skew > 0 {
		o.switches.Skew = emulator.SeededSkew(o.skew, o.seed)
	}
	if o.refusal == "" {
		return nil
	}
	var err error
	if o.switches.DraftDeletes, err = emulator.ParseRefusal(o.refusal); err != nil {
		return options.Usage(fmt.Sprintf("--refuse-deletes %s: %v", o.refusal, err), "write it as 403, or as 403,2")
	}
	return nil
}
