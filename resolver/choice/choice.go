// Package choice enumerates what can be chosen together. It knows no jobs.
package choice

import "iter"

// Combinations returns every way to take one of each list, in order: what is taken of the
// last list changes first. No list may be empty.
func Combinations[T any](lists [][]T) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for at := make([]int, len(lists)); ; {
			taken := make([]T, len(lists))
			for i, n := range at {
				taken[i] = lists[i][n]
			}
			if !yield(taken) || !next(at, lists) {
				return
			}
		}
	}
}

// next moves on to the next combination, if there is one.
func next[T any](at []int, lists [][]T) bool {
	for i := len(at) - 1; i >= 0; i-- {
		if at[i]++; at[i] < len(lists[i]) {
			return true
		}
		at[i] = 0
	}
	return false
}
