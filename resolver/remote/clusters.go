package remote

import (
	"context"
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Clusters reads clusters that are there before a job.
type Clusters interface {
	Cluster(ctx context.Context, id string) (rescale.Cluster, error)
}

// ReadClusters returns the clusters that jobs name, by id. One that the platform does not
// have, or does not show, is absent.
func ReadClusters(ctx context.Context, p Clusters, jobs []spec.Job) (map[string]rescale.Cluster, error) {
	var ids []string
	for _, job := range jobs {
		if id := job.ClusterID.V; id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	found, err := each(ctx, ids, p.Cluster)
	if err != nil {
		return nil, fmt.Errorf("reading your clusters on the platform: %w", err)
	}
	return found, nil
}
