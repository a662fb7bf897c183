package wire

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/rescale-apply/rescale-apply/internal/emulator/disk"
)

// JobStatuses renders a job's history, newest first (§8.1).
func (s Style) JobStatuses(j *disk.Job) []any {
	out := make([]any, 0, len(j.Statuses))
	for _, status := range slices.Backward(j.Statuses) {
		item := s.status(status, offsetDate)
		if s.V3 {
			item["jobId"] = j.ID
			item["substatus"] = nil
			item["notify"] = false
			item["preventDuplicates"] = false
		}
		out = append(out, item)
	}
	return out
}

// ClusterStatuses renders the cluster's history, newest first (§8.3).
func (s Style) ClusterStatuses(j *disk.Job) []any {
	out := make([]any, 0, len(j.Cluster))
	for _, status := range slices.Backward(j.Cluster) {
		out = append(out, s.status(status, zuluDate))
	}
	return out
}

func (s Style) status(status disk.Status, layout string) object {
	return object{
		"id": status.ID, "status": status.Name,
		"statusDate": s.date(status.At, layout), "statusReason": orNull(status.Reason),
	}
}

// Tags renders the tags of a job (§7.6).
func Tags(tags []string) []map[string]any {
	out := make([]object, len(tags))
	for i, tag := range tags {
		out[i] = object{"name": tag, "normalizedName": NormalTag(tag)}
	}
	return out
}

// NormalTag is the form in which two tags are compared.
func NormalTag(tag string) string { return strings.ToLower(strings.TrimSpace(tag)) }

// Comment renders a comment on a job (§7.7).
func (s Style) Comment(c disk.Comment) map[string]any {
	out := object{}
	for name, value := range c.Members {
		out[name] = value
	}
	out["owner"], out["dateInserted"] = c.Author, s.date(c.At, zuluDate)
	return out
}

// Run renders the nth run of a job (§8.5), from 1 on.
func (s Style) Run(j *disk.Job, n int, outputBytes int64) map[string]any {
	run := &j.Runs[n-1]
	out := object{
		"id": strconv.Itoa(n), "type": 3, "displayOrder": n,
		"dateStarted": s.optionalDate(run.Started), "dateCompleted": s.optionalDate(run.Ended),
		"outputFileCount": len(run.Outputs), "outputFileSize": nil,
		"parent": nil, "isOptimal": false, "variables": variables(slices.Concat(run.Variables, run.Results)),
	}
	if !run.Ended.IsZero() {
		out["outputFileSize"] = outputBytes
	}
	return out
}

func variables(list []disk.Variable) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = object{"name": v.Name, "value": number(v.Value), "displayValue": v.Value, "isRelative": false}
	}
	return out
}

// number is the number that the text writes, as which the platform shows a variable's value: a float, as 20.0. Other
// texts stay.
func number(text string) any {
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(value, 0) || math.IsNaN(value) {
		return text
	}
	shown := strconv.FormatFloat(value, 'g', -1, 64)
	if !strings.ContainsAny(shown, ".e") {
		shown += ".0"
	}
	return json.Number(shown)
}

// Instances renders the nodes of an executing job (§10), one per node.
func (s Style) Instances(j *disk.Job, count int) []any {
	out := make([]any, count)
	for i := range out {
		n := strconv.Itoa(i + 1)
		role := "MPI_SLAVE"
		if i == 0 {
			role = "MPI_MASTER"
		}
		out[i] = object{
			"id": j.ID + "-" + n, "clusterId": j.ID, "role": role, "instanceGroup": "1",
			"publicIp": "127.0.0.1", "privateIp": "127.0.0.1", "publicHostname": "localhost", "privateHostname": "localhost",
			"sshPort": 22, "username": "uprod_" + j.ID, "isBehindNat": false, "supportedServices": []string{},
			"tenancy": "default", "dateStarted": s.optionalDate(j.Began()),
		}
	}
	return out
}
