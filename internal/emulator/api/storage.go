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
	if !ok || device.Owner != r.Account.Email {
		return nil, notFound()
	}
	return device, nil
}

func listDevices(a *API, r *Request) (Answer, error) {
	list := slices.DeleteFunc(a.Store.Devices(), func(d *disk.Device) bool { return d.Owner != r.Account.Email })
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
	case !known || device.Owner != r.Account.Email:
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
