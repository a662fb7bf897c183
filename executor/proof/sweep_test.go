package proof_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/Shopify/toxiproxy/v2/toxics"

	"github.com/rescale-apply/rescale-apply/internal/raced"
)

// pairs is a sweep in which the second job of each point takes the result of the first.
const pairs = `kind: defaults
version: 1
analysis: {code: user_included, version: "0"}
hardware: {coreType: emerald, coresPerSlot: 1}
---
name: mesh
matrix: {n: {from: 1, to: %[1]d, step: 1}}
command: echo ${{ matrix.n }} > mesh.txt
---
name: post
matrix: {n: {from: 1, to: %[1]d, step: 1}}
inputs: [{from: "mesh/n=${{ matrix.n }}", files: [mesh.txt]}]
command: cat mesh.txt mesh.txt > post.txt
outputs: {download: [post.txt]}
`

// random troubles connections by chance: one of four has some.
func random(seed uint64) func(int) trouble {
	list := []trouble{
		both(&toxics.LatencyToxic{Latency: 2, Jitter: 2}),
		both(&toxics.SlicerToxic{AverageSize: 64, SizeVariation: 32}),
		both(&toxics.BandwidthToxic{Rate: 1000}),
		both(&toxics.SlowCloseToxic{Delay: 2}),
		both(&toxics.TimeoutToxic{Timeout: 2}),
	}
	for _, name := range slices.Sorted(maps.Keys(cuts())) {
		list = append(list, cuts()[name])
	}
	return func(n int) trouble {
		chance := rand.New(rand.NewPCG(seed, uint64(n)))
		if chance.IntN(4) > 0 {
			return trouble{}
		}
		return list[chance.IntN(len(list))]
	}
}

// TestASweepOverABadLine applies a hundred jobs, half of which build on the others, over
// a line on which one of four connections has trouble: each is billed once, in one apply.
func TestASweepOverABadLine(t *testing.T) {
	t.Parallel()
	points := 50
	if testing.Short() || raced.On {
		points = 10
	}
	p := newRemote(t, newSite(t, fmt.Sprintf(pairs, points), nil), random(1))
	p.web.Start()
	synctest.Test(t, func(t *testing.T) {
		r := p.runner(t)
		r.parallel = 0
		if err := r.apply(t.Context()); err != nil {
			t.Fatal(err)
		}
		b, err := billOf(p.server)
		if err = errors.Join(err, b.check(2*points)); err != nil {
			t.Error(err)
		}
	})
	for n := 1; n <= points; n++ {
		name := fmt.Sprintf("post-n=%d", n)
		got, err := os.ReadFile(filepath.Join(p.site.dir, "results", name, "post.txt"))
		if want := fmt.Sprintf("%[1]d\n%[1]d\n", n); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	all, troubled := p.line.counted()
	t.Logf("%d of %d connections had trouble", troubled, all)
}
