package jsontext_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/convert"
	"github.com/rescale-apply/rescale-apply/internal/convert/jsontext"
	"github.com/rescale-apply/rescale-apply/internal/diag"
)

var start = diag.Position{File: "f", Line: 1, Col: 1}

// places lists the places of all names and values.
func places(v jsontext.Value) (all []string) {
	all = append(all, fmt.Sprintf("%d:%d+%d", v.Pos.Line, v.Pos.Col, v.Pos.Width))
	for _, m := range v.Members {
		all = append(all, fmt.Sprintf("%s %d:%d+%d", m.Name, m.Pos.Line, m.Pos.Col, m.Pos.Width))
		all = append(all, places(m.Value)...)
	}
	for _, item := range v.Items {
		all = append(all, places(item)...)
	}
	return all
}

func TestParse(t *testing.T) {
	t.Parallel()
	v, err := jsontext.Parse(start, "{\n \"ä\" : [1, \"b\\u0041\"],\r\n\t\"z\":{\"n\":null,\"t\":true}\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	want := convert.Map{
		{Name: "ä", Value: []any{json.Number("1"), "bA"}},
		{Name: "z", Value: convert.Map{{Name: "n"}, {Name: "t", Value: true}}},
	}
	if diff := cmp.Diff(any(want), v.Plain()); diff != "" {
		t.Errorf("differs (-want +got):\n%s", diff)
	}
	at := []string{"1:1+1", "ä 2:2+3", "2:8+1", "2:9+1", "2:12+9", "z 3:2+3", "3:6+1", "n 3:7+3", "3:11+4", "t 3:16+3", "3:20+4"}
	if diff := cmp.Diff(at, places(v)); diff != "" {
		t.Errorf("differs (-want +got):\n%s", diff)
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	type read struct {
		Int     int
		IsInt   bool
		Float   float64
		IsFloat bool
		Truth   bool
		IsTruth bool
	}
	for in, want := range map[string]read{
		`4`:       {4, true, 4, true, false, false},
		`"4"`:     {4, true, 4, true, false, false},
		`4.0`:     {4, true, 4, true, false, false},
		`"1.5"`:   {0, false, 1.5, true, false, false},
		`null`:    {0, true, 0, true, false, true},
		`""`:      {0, true, 0, true, false, true},
		`true`:    {0, false, 0, false, true, true},
		`"False"`: {0, false, 0, false, false, true},
		`"inf"`:   {0, false, 0, false, false, false},
		`{}`:      {0, false, 0, false, false, false},
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			v, err := jsontext.Parse(start, in)
			if err != nil {
				t.Fatal(err)
			}
			var got read
			got.Int, got.IsInt = v.Int()
			got.Float, got.IsFloat = v.Float()
			got.Truth, got.IsTruth = v.Truth()
			if !got.IsFloat {
				got.Float = 0
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFirst(t *testing.T) {
	t.Parallel()
	v, rest, err := jsontext.First(start, ` {"a":1} ]}`)
	if err != nil || rest != " ]}" || len(v.Members) != 1 {
		t.Errorf("got %v, %q, %v", v, rest, err)
	}
}

// FuzzParse: no text makes Parse panic, and it takes no text that the library refuses.
func FuzzParse(f *testing.F) {
	f.Add(`{"a":[1,{"b":null}]}`)
	f.Add(`[[[[`)
	f.Add("\"\\ud800\"")
	f.Fuzz(func(t *testing.T, text string) {
		_, err := jsontext.Parse(start, text)
		if err == nil && !json.Valid([]byte(text)) {
			t.Errorf("taken: %q", text)
		}
	})
}
