package matrix_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/spec/expr"
	"github.com/rescale-apply/rescale-apply/spec/matrix"
)

func columnNames(texts ...string) []matrix.Name {
	var names []matrix.Name
	for i, text := range texts {
		names = append(names, matrix.Name{Text: text, Pos: diag.Position{File: "m", Line: 1, Col: i + 1}})
	}
	return names
}

// vendor is a table as other programs write it: a byte order mark, CRLF, columns nobody
// asked for, a cell of two lines, a row without any text.
const vendor = "\ufeffDirectory,JobName,Slots,Note,Mach No\r\n" +
	"./Run_1,alpha,2,\"two\r\nlines\",1\r\n" +
	"./Run_2,beta,,,2\r\n" +
	",,,,\r\n"

func TestWideTable(t *testing.T) {
	t.Parallel()
	blank := []matrix.Param{{Name: "slots", Value: expr.Of("1", diag.Position{File: "m", Line: 2, Col: 1})}}
	for name, tc := range map[string]struct {
		table matrix.Table
		text  string // default: vendor
		want  []string
	}{
		"columns in the order of the manifest": {
			table: matrix.Table{Columns: columnNames("JobName", "Directory")},
			want:  []string{"JobName=alpha,Directory=.%2FRun_1 [alpha ./Run_1]", "JobName=beta,Directory=.%2FRun_2 [beta ./Run_2]"},
		},
		"names without case, a part of them in the name": {
			table: matrix.Table{Columns: columnNames("slots", "jobname"), Names: columnNames("JOBNAME"), Blank: blank},
			want:  []string{"jobname=alpha [alpha 2]", "jobname=beta [beta 1]"},
		},
		"all columns": {
			table: matrix.Table{Names: columnNames("a")}, text: "b,a\n1,x\n2,y\n",
			want: []string{"a=x [x 1]", "a=y [y 2]"},
		},
		"all cells blank": {
			table: matrix.Table{Names: columnNames("a"), Blank: blank}, text: "a,slots\nx,\ny,\n",
			want: []string{"a=x [x 1]", "a=y [y 1]"},
		},
		"nothing for a blank cell": {
			table: matrix.Table{Names: columnNames("a"), Blank: []matrix.Param{{Name: "n", Value: expr.Of("", diag.Position{})}}}, text: "a,n\nx,\ny,4\n",
			want: []string{"a=x [x ]", "a=y [y 4]"},
		},
		"lists": {
			table: matrix.Table{Names: columnNames("a"), Types: []matrix.Column{{Name: "L", Type: matrix.List}}, Blank: []matrix.Param{{Name: "n", Value: expr.Value{}}}},
			text:  "a,l,n\nx,\"p, q\",1\ny,\"p;q,r;\",\nz,,2\n",
			want:  []string{"a=x [x p,q 1]", "a=y [y p,q,r ]", "a=z [z  2]"},
		},
		"a name of another case exists": {
			table: matrix.Table{Columns: columnNames("a", "A")}, text: "A,a\n1,2\n",
			want: []string{"a=2,A=1 [2 1]"},
		},
		"unknown column":    {table: matrix.Table{Columns: columnNames("JobNmae")}, want: []string{`m:1:1 the table has no column "JobNmae" | did you mean JobName?`}},
		"unknown name":      {table: matrix.Table{Columns: columnNames("JobName"), Names: columnNames("speed")}, want: []string{`m:1:1 the table has no column "speed" | known: Directory, JobName, Mach No, Note, Slots`}},
		"name left out":     {table: matrix.Table{Columns: columnNames("Slots"), Names: columnNames("JobName")}, want: []string{`m:1:1 columns leaves JobName out | add it to columns: [Slots, JobName]`}},
		"blank left out":    {table: matrix.Table{Columns: columnNames("JobName"), Blank: blank}, want: []string{`:0:0 columns leaves slots out | add it to columns: [JobName, slots]`}},
		"column twice":      {table: matrix.Table{Columns: columnNames("JobName", "jobname")}, want: []string{`m:1:2 column jobname is there twice | name each column once`}},
		"name twice":        {table: matrix.Table{Columns: columnNames("JobName"), Names: columnNames("JobName", "JobName")}, want: []string{`m:1:2 column JobName is there twice | name each column once`}},
		"ambiguous":         {table: matrix.Table{Columns: columnNames("ab")}, text: "Ab,aB\n1,2\n", want: []string{`m:1:1 the table has no column "ab" | did you mean Ab or aB?`}},
		"header twice":      {table: matrix.Table{Columns: columnNames("a")}, text: "a,b,a\n1,2,3\n", want: []string{`t.csv:1:5 column "a" is there twice | give each column a name of its own`}},
		"blank cell":        {table: matrix.Table{Columns: columnNames("JobName", "Slots")}, want: []string{`t.csv:4:14 column Slots has no value here | write a value, or say what a blank cell is: csv: {path: …, blank: {Slots: VALUE}}`}},
		"blank of no type":  {table: matrix.Table{Columns: columnNames("Slots"), Blank: []matrix.Param{{Name: "Slots", Value: expr.Of("one", diag.Position{File: "m", Line: 3, Col: 1})}}}, want: []string{`m:3:1 "one" is no number as the cells of column Slots | write a number, or types: {Slots: text}`}},
		"row too short":     {table: matrix.Table{Columns: columnNames("a")}, text: "a,b\n1\n", want: []string{`t.csv:2:1 the line has 1 cell, and there are 2 columns | give every column a value; a cell with a separator in it stands in quotes`}},
		"two rows one name": {table: matrix.Table{Names: columnNames("a")}, text: "n,a\n1,x\n1,y\n2,x\n", want: []string{`t.csv:4:3 point a=x is already there, first at t.csv:2:3 | name the points by one more column: name: [a, n]`}},
		"two rows":          {table: matrix.Table{Names: columnNames("a")}, text: "n,a\n1,x\n1,x\n", want: []string{`t.csv:3:3 point a=x is already there, first at t.csv:2:3 | delete one of the two; 2 and 2.0 are the same value`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.text == "" {
				tc.text = vendor
			}
			tc.table.Source = diag.Source{Name: "t.csv", Text: []byte(tc.text)}
			axis, list := tc.table.Axis()
			points := axis
			if len(list) == 0 {
				points = matrix.Matrix{Axes: []matrix.Axis{axis}}.Points(&list)
			}
			var got []string
			for _, p := range points {
				var values []string
				for _, param := range p {
					values = append(values, param.Value.Text())
				}
				got = append(got, p.Name()+" ["+strings.Join(values, " ")+"]")
			}
			if len(list) > 0 {
				got = nil
			}
			for _, d := range list {
				got = append(got, strings.TrimSuffix(d.Pos.String(), "+")+" "+d.Message+" | "+d.Hint)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// An included point has what blank cells are, and is named as the others.
func TestIncludeInWideTable(t *testing.T) {
	t.Parallel()
	blank := []matrix.Param{{Name: "slots", Value: expr.Of("1", diag.Position{})}}
	axis, list := matrix.Table{
		Source: diag.Source{Name: "t.csv", Text: []byte("case,slots\na,2\nb,\n")}, Names: columnNames("case"), Blank: blank,
	}.Axis()
	m := matrix.Matrix{Axes: []matrix.Axis{axis}, Blank: blank, Include: []matrix.Entry{entry("case", "c")}, Exclude: []matrix.Entry{entry("slots", 2)}}
	var got []string
	for _, p := range m.Points(&list) {
		got = append(got, p.Name()+" "+p[1].Value.Text())
	}
	if diff := cmp.Diff([]string{"case=b 1", "case=c 1"}, got); diff != "" || len(list) > 0 {
		t.Errorf("%v, (-want +got)\n%s", list, diff)
	}
}

// An included point has lists where the table has them.
func TestIncludeLists(t *testing.T) {
	t.Parallel()
	axis, list := matrix.Table{
		Source: diag.Source{Name: "t.csv", Text: []byte("case,l\na,\"x,y\"\n")}, Names: columnNames("case"), Types: []matrix.Column{{Name: "l", Type: matrix.List}},
	}.Axis()
	m := matrix.Matrix{Axes: []matrix.Axis{axis}, Include: []matrix.Entry{entry("case", "b", "l", "z; w"), entry("case", "c")}}
	var got []any
	for _, p := range m.Points(&list) {
		got = append(got, p.Name(), p[1].Value.V)
	}
	if diff := cmp.Diff([]any{"case=a", []any{"x", "y"}, "case=b", []any{"z", "w"}, "case=c", []any{}}, got); diff != "" || len(list) > 0 {
		t.Errorf("%v, (-want +got)\n%s", list, diff)
	}
}

// FuzzWide: whatever the table and the names, no panic, and problems have a place.
func FuzzWide(f *testing.F) {
	f.Add([]byte(vendor), "JobName", "Slots", "1")
	f.Add([]byte("a;b\n1,5;\n"), "A", "b", "")
	f.Add([]byte("a\n\"\"\n"), "a", "a", "x")
	f.Fuzz(func(t *testing.T, text []byte, column, other, blank string) {
		table := matrix.Table{
			Source: diag.Source{Name: "t.csv", Text: text}, Columns: columnNames(column, other), Names: columnNames(column),
			Blank: []matrix.Param{{Name: other, Pos: diag.Position{File: "m", Line: 1, Col: 1}, Value: expr.Of(blank, diag.Position{File: "m", Line: 1, Col: 1})}},
		}
		axis, list := table.Axis()
		for _, d := range list {
			if d.Pos.IsZero() || d.Hint == "" {
				t.Errorf("%s has no place or no hint", d)
			}
		}
		if len(list) > 0 {
			return
		}
		for _, p := range axis {
			if len(p) != 2 || p[0].Beside || !p[1].Beside || !strings.HasPrefix(p.Name(), column+"=") && len(p.Name()) < 100 {
				t.Errorf("point %s of %d parameters", p.Name(), len(p))
			}
		}
	})
}
