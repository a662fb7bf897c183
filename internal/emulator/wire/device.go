package wire

import "github.com/rescale-apply/rescale-apply/internal/emulator/disk"

// Device renders a high-performance storage (§14, A7).
func (s Style) Device(d *disk.Device) map[string]any {
	out := object{}
	for name, value := range d.Members {
		out[name] = value
	}
	out["id"], out["name"], out["owner"] = d.ID, d.Name, d.Owner
	out["dateInserted"] = s.date(d.Created, zuluDate)
	return out
}

// DeviceStatuses renders the history of a device, newest first.
func (s Style) DeviceStatuses(d *disk.Device) []any {
	var out []any
	for i, status := range []disk.Status{{Name: "Started", At: d.Started}, {Name: "Stopped", At: d.Stopped}} {
		if status.At.IsZero() {
			break
		}
		status.ID = disk.StatusID(d.ID, "device", i)
		out = append([]any{s.status(status, zuluDate)}, out...)
	}
	return out
}
