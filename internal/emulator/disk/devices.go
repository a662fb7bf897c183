package disk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Device is the record of a high-performance storage, or of a persistent cluster: both are made, started and shut
// down.
type Device struct {
	Kind    Kind `json:",omitempty"`
	ID      string
	Owner   string // e-mail
	Name    string
	Members map[string]json.RawMessage // of the body that created it
	Created time.Time
	Started time.Time // zero: it was not submitted
	Stopped time.Time // zero: it was not shut down
}

// Kind is what a device is.
type Kind string

// The kinds of devices.
const (
	Storage           Kind = ""
	PersistentCluster Kind = "cluster"
)

// Usable reports whether jobs may have it.
func (d *Device) Usable() bool { return !d.Started.IsZero() && d.Stopped.IsZero() }

func (s *Store) devicesFile() string { return filepath.Join(s.dir, "devices.json") }

func (s *Store) loadDevices() error {
	err := readJSON(s.devicesFile(), &s.devices)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Devices returns all devices, oldest first.
func (s *Store) Devices() []*Device {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Clone(s.devices)
}

// Device returns the record of a device.
func (s *Store) Device(id string) (*Device, bool) {
	list := s.Devices()
	i := slices.IndexFunc(list, func(d *Device) bool { return d.ID == id })
	if i < 0 {
		return nil, false
	}
	return list[i], true
}

// AddDevice stores a new device and gives it its id and date.
func (s *Store) AddDevice(device Device) (*Device, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	device.ID = nthID(len(s.devices)+1, deviceSalt)
	device.Created = s.Now()
	device.Members = maps.Clone(device.Members)
	return &device, s.storeDevices(append(slices.Clone(s.devices), &device))
}

// StartDevice makes a device usable, once.
func (s *Store) StartDevice(id string) error {
	if err := os.MkdirAll(s.DeviceDir(id), 0o700); err != nil {
		return fmt.Errorf("starting device %s: %w", id, err)
	}
	return s.updateDevice(id, func(d *Device) {
		if d.Started.IsZero() {
			d.Started = s.Now()
		}
	})
}

// StopDevice ends the use of a started device.
func (s *Store) StopDevice(id string) error {
	return s.updateDevice(id, func(d *Device) {
		if d.Usable() {
			d.Stopped = s.Now()
		}
	})
}

func (s *Store) updateDevice(id string, change func(*Device)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(s.devices)
	i := slices.IndexFunc(list, func(d *Device) bool { return d.ID == id })
	if i < 0 {
		return ErrNotFound
	}
	device := *list[i]
	change(&device)
	list[i] = &device
	return s.storeDevices(list)
}

// DeviceDir is the folder with a device's files.
func (s *Store) DeviceDir(id string) string { return filepath.Join(s.dir, "devices", id) }

// storeDevices must be called with the lock held.
func (s *Store) storeDevices(list []*Device) error {
	if err := writeJSON(s.devicesFile(), list); err != nil {
		return fmt.Errorf("storing devices: %w", err)
	}
	s.devices = list
	s.announceChange()
	return nil
}
