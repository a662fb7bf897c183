package api

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

// device finds the high-performance storage that the path names (rescale-api.md §14, A7).
func (a *API) device(r *Request) (*disk.Device, error) {
	device, ok := a.Store.Device(r.vars["device"])
	if !ok || device.Owner != r.Account.Email || device.Kind != disk.Storage {
		return nil, notFound()
	}
	return device, nil
}

func listDevices(a *API, r *Request) (Answer, error) {
	list := slices.DeleteFunc(a.Store.Devices(), func(d *disk.Device) bool { return d.Owner != r.Account.Email || d.Kind != disk.Storage })
	slices.Reverse(list)
	return a.deviceList(r, list)
}

func (a *API) deviceList(r *Request, list []*disk.Device) (Answer, error) {
	style := a.style(r)
	return paged(r, list, func(d *disk.Device) any { return style.Device(d) })
}

// createDevice saves a device. Nobody can use it before it is submitted.
func createDevice(a *API, r *Request) (Answer, error) {
	var members map[string]json.RawMessage
	if err := decode(r, &members); err != nil {
		return Answer{}, err
	}
	var name string
	if json.Unmarshal(members["name"], &name) != nil || name == "" {
		return Answer{}, invalid("name", "This field is required.")
	}
	device, err := a.Store.AddDevice(disk.Device{Owner: r.Account.Email, Name: name, Members: members})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusCreated, Body: a.style(r).Device(device)}, nil
}

func getDevice(a *API, r *Request) (Answer, error) {
	device, err := a.device(r)
	if err != nil {
		return Answer{}, err
	}
	return ok(a.style(r).Device(device))
}

// startDevice makes it usable at once.
func startDevice(a *API, r *Request) (Answer, error) {
	device, err := a.device(r)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusOK}, a.Store.StartDevice(device.ID)
}

// shutDownDevice ends its use. What lies on it is gone for jobs.
func shutDownDevice(a *API, r *Request) (Answer, error) {
	device, err := a.device(r)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusOK}, a.Store.StopDevice(device.ID)
}

// regions answers a bare array: this machine is the only one.
func regions(_ *API, _ *Request) (Answer, error) {
	return ok([]any{map[string]string{"id": "local", "name": "This machine"}})
}

func deviceStatuses(a *API, r *Request) (Answer, error) {
	device, err := a.device(r)
	if err != nil {
		return Answer{}, err
	}
	return paged(r, a.style(r).DeviceStatuses(device), same)
}

func attachedDevices(a *API, r *Request) (Answer, error) {
	if a.Quirks().HideAttached {
		return Answer{}, Refuse(http.StatusMethodNotAllowed, "Method %q not allowed.", r.Method)
	}
	job, err := a.job(r)
	if err != nil {
		return Answer{}, err
	}
	var list []*disk.Device
	for _, id := range job.Devices {
		if device, ok := a.Store.Device(id); ok {
			list = append(list, device)
		}
	}
	return a.deviceList(r, list)
}

// wishedDevice reads the id of the device to attach. The platform's old library writes storage_device.
func (a *API) wishedDevice(r *Request) (id string, err error) {
	type reference struct {
		ID string `json:"id"`
	}
	var wish struct {
		StorageDevice *reference `json:"storageDevice"`
		Old           *reference `json:"storage_device"`
	}
	if err := decode(r, &wish); err != nil {
		return "", err
	}
	if a.Quirks().StrictNames {
		wish.Old = nil
	}
	if wish := cmp.Or(wish.StorageDevice, wish.Old); wish != nil {
		return wish.ID, nil
	}
	return "", invalid("storageDevice", "This field is required.")
}

var (
	errSubmitted = errors.New("submitted")
	errAttached  = errors.New("attached already")
)

// attachDevice attaches storage to a draft (rescale-api.md §7.7).
func attachDevice(a *API, r *Request) (Answer, error) {
	job, err := a.ownJob(r)
	if err != nil {
		return Answer{}, err
	}
	id, err := a.wishedDevice(r)
	if err != nil {
		return Answer{}, err
	}
	device, known := a.Store.Device(id)
	switch {
	case !known || device.Owner != r.Account.Email || device.Kind != disk.Storage:
		return Answer{}, noSuch("storageDevice", id)
	case !device.Usable() && !a.Quirks().LaxAttach:
		return Answer{}, invalid("storageDevice", "The storage device is not started.")
	}
	_, err = a.Store.UpdateJob(job.ID, func(j *disk.Job) error {
		if !j.Draft() {
			return errSubmitted
		}
		switch {
		case !slices.Contains(j.Devices, device.ID):
			j.Devices = append(j.Devices, device.ID)
		case a.Quirks().RefuseReattach:
			return errAttached
		}
		return nil
	})
	switch {
	case errors.Is(err, errSubmitted):
		return Answer{}, Refuse(http.StatusBadRequest, "Storage can be attached before the submit only.")
	case errors.Is(err, errAttached):
		return Answer{}, invalid("storageDevice", "The storage device is attached already.")
	case err != nil:
		return Answer{}, err
	}
	return Answer{Status: http.StatusCreated, Body: map[string]any{"storageDevice": a.style(r).Device(device)}}, nil
}

// persistent finds the cluster that the path names (rescale-api.md §7.7). Those of the configuration are always up.
func (a *API) persistent(r *Request) (*disk.Device, error) {
	id := r.vars["cluster"]
	if slices.Contains(a.Clusters, id) {
		return &disk.Device{ID: id, Name: id, Owner: r.Account.Email, Kind: disk.PersistentCluster, Started: a.Store.Now()}, nil
	}
	c, ok := a.Store.Device(id)
	if !ok || c.Owner != r.Account.Email || c.Kind != disk.PersistentCluster {
		return nil, notFound()
	}
	return c, nil
}

func (a *API) persistentOf(account string) []*disk.Device {
	return slices.DeleteFunc(a.Store.Devices(), func(d *disk.Device) bool {
		return d.Owner != account || d.Kind != disk.PersistentCluster
	})
}

func listClusters(a *API, r *Request) (Answer, error) {
	list := a.persistentOf(r.Account.Email)
	slices.Reverse(list)
	return a.deviceList(r, list)
}

// createCluster saves a cluster. No job can use it before it is started.
func createCluster(a *API, r *Request) (Answer, error) {
	var members map[string]json.RawMessage
	if err := decode(r, &members); err != nil {
		return Answer{}, err
	}
	var hardware struct {
		CoreType     json.RawMessage `json:"coreType"`
		CoresPerSlot int             `json:"coresPerSlot"`
	}
	if json.Unmarshal(members["hardware"], &hardware) != nil || len(hardware.CoreType) == 0 || hardware.CoresPerSlot < 1 {
		return Answer{}, invalid("hardware", "A core type and its cores are required.")
	}
	c, err := a.Store.AddDevice(disk.Device{Kind: disk.PersistentCluster, Owner: r.Account.Email, Members: members})
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusCreated, Body: a.style(r).Device(c)}, nil
}

func getCluster(a *API, r *Request) (Answer, error) {
	c, err := a.persistent(r)
	if err != nil {
		return Answer{}, err
	}
	return ok(a.style(r).Device(c))
}

func startCluster(a *API, r *Request) (Answer, error) {
	c, err := a.persistent(r)
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusOK}, a.Store.StartDevice(c.ID)
}

// shutDownCluster ends the jobs that run on it, too.
func shutDownCluster(a *API, r *Request) (Answer, error) {
	c, err := a.persistent(r)
	if err != nil {
		return Answer{}, err
	}
	if err := a.Store.StopDevice(c.ID); err != nil {
		return Answer{}, err
	}
	for _, job := range a.Store.Jobs() {
		if clusterOf(job) == c.ID && job.Active() {
			if err := a.Cluster.Stop(job.ID, disk.Graceful); err != nil {
				return Answer{}, err
			}
		}
	}
	return Answer{Status: http.StatusOK}, nil
}

func persistentStatuses(a *API, r *Request) (Answer, error) {
	c, err := a.persistent(r)
	if err != nil {
		return Answer{}, err
	}
	return paged(r, a.style(r).DeviceStatuses(c), same)
}

// clusterOf returns the cluster that a job names; empty for one of its own.
func clusterOf(job *disk.Job) string {
	var id string
	_ = json.Unmarshal(job.Spec.Echo["clusterId"], &id) // null is none
	return id
}

// checkUp refuses the submit of a job whose cluster is not up. What the platform does is not known.
func (a *API) checkUp(job *disk.Job) error {
	id := clusterOf(job)
	if c, made := a.Store.Device(id); made && !c.Usable() {
		return Refuse(http.StatusBadRequest, "Cluster %s of the job is not started.", id)
	}
	return nil
}
