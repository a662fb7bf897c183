package spread_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rescale-apply/rescale-apply/internal/yamlsrc"
	"github.com/rescale-apply/rescale-apply/spec/spread"
)

func TestFlat(t *testing.T) {
	t.Parallel()
	value := map[string]any{
		"a": []any{"x", spread.Several{"y", map[string]any{"l": []any{spread.Several{}, "p", spread.Several{"q"}}}}, spread.Several{}, "z"},
		"b": "t",
	}
	flat := spread.Of(value)
	if diff := cmp.Diff(map[string]any{"a": []any{"x", "y", map[string]any{"l": []any{"p", "q"}}, "z"}, "b": "t"}, flat.Value); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for pointer, want := range map[string]string{
		"": "", "/b": "/b", "/a": "/a", "/a/0": "/a/0", "/a/1": "/a/1/0", "/a/2": "/a/1/1", "/a/2/l": "/a/1/1/l",
		"/a/2/l/0": "/a/1/1/l/1", "/a/2/l/1": "/a/1/1/l/2/0", "/a/3": "/a/3", "/a/3/k": "/a/3/k",
	} {
		if got := flat.Written(pointer); got != want {
			t.Errorf("%s is written at %s, want %s", pointer, got, want)
		}
	}
	for pointer, want := range map[string]string{"/a/1/0": "/a/1", "/a/1/1/l/1": "/a/1/l/1", "/a/1/id": "/a/1/id", "/a/10/0": "/a/10/0", "/b": "/b", "/a/1": "/a/1"} {
		if got := spread.Source(pointer, []string{"/a/1"}); got != want {
			t.Errorf("%s comes from %s, want %s", pointer, got, want)
		}
	}
}

func TestDrop(t *testing.T) {
	t.Parallel()
	for pointer, want := range map[string]string{
		"/license/seller": `{"env":{"A":"1","B":"2"},"inputs":[{"id":"x"},{"as":"b","id":"y"}],"name":"n"}`,
		"/env/A":          `{"env":{"B":"2"},"inputs":[{"id":"x"},{"as":"b","id":"y"}],"license":{"seller":"s"},"name":"n"}`,
		"/inputs/0/id":    `{"env":{"A":"1","B":"2"},"inputs":[[],{"as":"b","id":"y"}],"license":{"seller":"s"},"name":"n"}`,
		"/inputs/1/id":    `{"env":{"A":"1","B":"2"},"inputs":[{"id":"x"},{"as":"b"}],"license":{"seller":"s"},"name":"n"}`,
		"/inputs/7/id":    `{"env":{"A":"1","B":"2"},"inputs":[{"id":"x"},{"as":"b","id":"y"}],"license":{"seller":"s"},"name":"n"}`,
	} {
		value := map[string]any{
			"name": "n", "license": map[string]any{"seller": "s"}, "env": map[string]any{"A": "1", "B": "2"},
			"inputs": []any{map[string]any{"id": "x"}, map[string]any{"id": "y", "as": "b"}},
		}
		before, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(spread.Drop(value, yamlsrc.Path(pointer)))
		after, errAfter := json.Marshal(value)
		if err != nil || errAfter != nil || string(got) != want || string(before) != string(after) {
			t.Errorf("without %s: %s, %v; the value is now %s", pointer, got, err, after)
		}
	}
}

// FuzzFlat: each item of a flat list is the one that Written names.
func FuzzFlat(f *testing.F) {
	f.Add([]byte{1, 0, 3, 2})
	f.Add([]byte{0, 0})
	f.Fuzz(func(t *testing.T, sizes []byte) {
		var list []any
		for i, size := range sizes {
			if size%5 == 4 {
				list = append(list, "/l/"+strconv.Itoa(i))
				continue
			}
			several := spread.Several{}
			for j := range int(size % 5) {
				several = append(several, "/l/"+strconv.Itoa(i)+"/"+strconv.Itoa(j))
			}
			list = append(list, several)
		}
		flat := spread.Of(map[string]any{"l": list})
		items, _ := flat.Value.(map[string]any)["l"].([]any)
		for i, item := range items {
			if got := flat.Written("/l/" + strconv.Itoa(i)); got != item || strings.Count(got, "/") < 2 {
				t.Errorf("item %d of %v is written at %s", i, sizes, got)
			}
		}
	})
}
