package patience

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"
)

// eachParallel bounds the GETs that run at once.
const eachParallel = 8

// Each calls read for every id, some at once, and leaves out those whose error passOver
// accepts, such as [NotFound]. Any other error ends it.
func Each[T any](ctx context.Context, ids []string, passOver func(error) bool, read func(ctx context.Context, id string) (T, error)) (map[string]T, error) {
	var mu sync.Mutex
	found := make(map[string]T)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(eachParallel)
	for _, id := range ids {
		group.Go(func() error {
			value, err := read(ctx, id)
			if err != nil {
				if passOver(err) {
					return nil
				}
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			found[id] = value
			return nil
		})
	}
	return found, group.Wait()
}
