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
	if d.Started.IsZero() {
		return nil
	}
	started := disk.Status{ID: disk.StatusID(d.ID, "device", 0), Name: "Started", At: d.Started}
	return []any{s.status(started, zuluDate)}
}
