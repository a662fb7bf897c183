package sim_test

import "fmt"

// chance is where everything that is a matter of chance comes from: a hash of the seed
// and of what it is about. It has no state, so that one thing does not depend on which
// others there were before.
type chance uint64

// of is a chance of its own for what the parts say.
func (c chance) of(parts ...any) chance {
	h := uint64(c) ^ 0xcbf29ce484222325
	for _, part := range parts {
		switch v := part.(type) {
		case string:
			for i := range len(v) {
				h = (h ^ uint64(v[i])) * 0x100000001b3
			}
		case int:
			h = (h ^ uint64(v)) * 0x9e3779b97f4a7c15 //nolint:gosec // a hash
		default:
			panic(fmt.Sprintf("no chance of a %T", part))
		}
		h = mix(h)
	}
	return chance(mix(h + 0x9e3779b97f4a7c15))
}

// mix is the finalizer of splitmix64.
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// upTo is in [0, n).
func (c chance) upTo(n int) int { return int(uint64(c) % uint64(n)) } //nolint:gosec // it fits

// one reports what happens once in n times.
func (c chance) one(n int) bool { return c.upTo(n) == 0 }

// share is in [0, 1).
func (c chance) share() float64 { return float64(uint64(c)>>11) / (1 << 53) }

func pick[T any](c chance, from []T) T { return from[c.upTo(len(from))] }
