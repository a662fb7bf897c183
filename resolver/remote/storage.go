package remote

import (
	"context"
	"fmt"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/diag"
	"github.com/rescale-apply/rescale-apply/internal/rescale"
	"github.com/rescale-apply/rescale-apply/spec"
)

// Devices reads high-performance storage.
type Devices interface {
	StorageStatus(ctx context.Context, id string) (string, error)
}

// Device is high-performance storage that a job names.
type Device struct {
	ID     string
	Pos    diag.Position
	Status string // the newest; empty before it is started for the first time
}

// Started reports whether jobs can use it.
func (d Device) Started() bool { return d.Status == rescale.StorageStarted }

// IDs returns the ids of storage.
func IDs(devices []Device) (ids []string) {
	for _, device := range devices {
		ids = append(ids, device.ID)
	}
	return ids
}

// Notes says of the storage of a job what a person should know in a plan.
func Notes(devices []Device) (notes []string) {
	for _, device := range devices {
		notes = append(notes, "storage "+device.ID+" is attached before the submit; what lies on it is in no digest")
	}
	return notes
}

// Statuses are the newest statuses of storage, by id. What the platform does not have is
// absent.
type Statuses map[string]string

// ReadDevices reads all storage that jobs name.
func ReadDevices(ctx context.Context, p Devices, jobs []spec.Job) (Statuses, error) {
	var ids []string
	for _, job := range jobs {
		for _, device := range job.Storage {
			if !slices.Contains(ids, device.V) {
				ids = append(ids, device.V)
			}
		}
	}
	found, err := each(ctx, ids, p.StorageStatus)
	if err != nil {
		return nil, fmt.Errorf("reading your storage on the platform: %w", err)
	}
	return found, nil
}

// Of returns the storage of a job, and adds what the platform does not have to the
// problems.
func (s Statuses) Of(job spec.Job, problems *diag.List) []Device {
	var list []Device
	for _, device := range job.Storage {
		status, known := s[device.V]
		if !known {
			problems.Add(device.Pos, diag.UnknownStorage, "copy the id of a started one from the storage page of the web UI, or leave out storage:",
				"the platform has no storage with id %q for this account", device.V)
			continue
		}
		list = append(list, Device{ID: device.V, Pos: device.Pos, Status: status})
	}
	return list
}
