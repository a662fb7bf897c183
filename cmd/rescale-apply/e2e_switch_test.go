package main

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rescale-apply/rescale-apply/internal/emulator"
)

// change sets switches of the script's platform.
func (p *platform) change(ts *testscript.TestScript, settings []string) {
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		p.server.Switch(func(s *emulator.Switches) { ts.Check(set(s, name, value)) })
	}
}

func set(s *emulator.Switches, name, value string) (err error) {
	switch name {
	case "refuse-deletes":
		s.DraftDeletes, err = emulator.ParseRefusal(value)
	case "trash":
		s.Trash, err = strconv.ParseBool(value)
	case "cut-names":
		s.NameLimit, err = strconv.Atoi(value)
	case "whole-seconds":
		s.WholeSeconds, err = strconv.ParseBool(value)
	case "bills":
		s.Bills, err = strconv.ParseBool(value)
	case "skew":
		var limit time.Duration
		limit, err = time.ParseDuration(value)
		s.Skew = emulator.SeededSkew(limit, 1)
	case "fields":
		s.Fields = nil
		err = json.Unmarshal([]byte(value), &s.Fields)
	default:
		err = strconv.ErrSyntax
	}
	return err
}
