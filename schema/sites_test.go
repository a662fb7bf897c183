package schema_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rescale-apply/rescale-apply/schema"
)

// Jobs that have, together, a scalar at every kind of place.
func jobsWithSites() []string {
	const rest = `"version":1,"name":"a",`
	return []string{
		`{` + minimal + `,"title":"t","namespace":"n","project":"p","tags":["a","b"],"customFields":{"f":"v","n":3},"priority":"economy","protected":true,
			"license":{"servers":{"LM":"1@h"},"features":[{"name":"f","count":2}]},"env":{"A":"1","B":"2"},"secrets":["TOKEN"],"clusterId":"AbCdEf","extra":{"archiveFilters":[{"selector":"*"}]},
			"inputs":["a.k",{"id":"AbCdEf"},{"path":"b.zip","decompress":false},{"path":"case","pack":"c.zip","exclude":["*.log"]},{"path":"U.tmpl","template":true,"as":"U"}],
			"outputs":{"download":["*.csv"],"exclude":["*.h5"],"to":"results"},"rerun":{"generation":2,"onFailure":"always"},
			"success":{"files":["out.csv"],"log":{"contains":"END"},"exitCode":{"file":"rc"}},"limits":{"maxCost":10,"maxRunning":4},
			"preProcess":"pre.sh","postProcess":{"script":"post.sh","command":"bash post.sh"},"dependsOn":["mesh"],"ssh":{"publicKeyFile":"k.pub"},"doe":{"params":"p.csv","templates":[{"path":"U.tmpl","to":"case/0/U"}]}}`,
		`{` + rest + `"analyses":[{"analysis":{"code":"x","version":"1"},"hardware":{"coreType":"e","coresPerSlot":1,"slots":2,"walltime":"8h"},"command":"run","env":{"A":"1"}}]}`,
	}
}

// TestSitesHoldWhereValidateFindsNothing puts every kind of scalar at every place.
func TestSitesHoldWhereValidateFindsNothing(t *testing.T) {
	t.Parallel()
	scalars := []any{
		"", "a", "x y", "8h", "99999h", "low", "economy", "../a", "a\nb", strings.Repeat("x", 5000), "*.csv", "${{", true, false,
		json.Number("0"), json.Number("1"), json.Number("-1"), json.Number("1.5"), json.Number("1e9"),
	}
	good, bad := 0, 0
	for _, text := range jobsWithSites() {
		job := valid(t, text)
		for _, path := range scalarPaths(job, nil) {
			sites := schema.SitesOf(job, [][]string{path})
			for _, scalar := range scalars {
				changed := with(job, path, scalar)
				holds, found := sites.Hold(changed), schema.Validate(changed)
				if holds != (len(found) == 0) {
					t.Errorf("%s = %v: hold %v, and Validate finds %v", strings.Join(path, "."), scalar, holds, found)
				}
				if holds {
					good++
				} else {
					bad++
				}
			}
		}
	}
	if good < 100 || bad < 100 {
		t.Errorf("%d right values and %d wrong ones show nothing", good, bad)
	}
}

// valid decodes a job in which nothing is wrong.
func valid(t *testing.T, text string) any {
	t.Helper()
	job, _ := decode(t, text).(map[string]any)
	for _, v := range schema.Validate(job) {
		t.Fatalf("%s: %s", v.Pointer, v.Message)
	}
	return job
}

// scalarPaths are the paths of all texts, numbers and bools.
func scalarPaths(value any, path []string) (list [][]string) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			list = append(list, scalarPaths(v[key], append(slices.Clip(path), key))...)
		}
	case []any:
		for i, item := range v {
			list = append(list, scalarPaths(item, append(slices.Clip(path), strconv.Itoa(i)))...)
		}
	default:
		list = append(list, path)
	}
	return list
}

// with returns a value with another scalar at a path.
func with(value any, path []string, scalar any) any {
	if len(path) == 0 {
		return scalar
	}
	switch v := value.(type) {
	case map[string]any:
		copied := maps.Clone(v)
		copied[path[0]] = with(v[path[0]], path[1:], scalar)
		return copied
	case []any:
		copied := slices.Clone(v)
		i, _ := strconv.Atoi(path[0])
		copied[i] = with(v[i], path[1:], scalar)
		return copied
	}
	return value
}
