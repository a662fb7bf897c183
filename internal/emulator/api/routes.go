package api

import (
	"net/http"
	"slices"
	"strings"
)

type handler func(*API, *Request) (Answer, error)

type route struct {
	version string // what all paths of the API's version begin with
	pattern string // behind it; {name} is one segment; {name...} the rest
	methods map[string]handler
}

// Paths of the API's versions begin like this. Without a number it is version 1, whose answers were those of version 2
// as far as they are known (rescale-api.md §2.1).
const (
	version2 = "/api/v2/"
	version3 = "/api/v3/"
	version1 = "/api/"
)

type methods = map[string]handler

// routes are matched in order. All versions have all of them: what is known of one only (rescale-api.md §2.7) is asked
// for in the others, too.
func routes() []route {
	var out []route
	for _, version := range []string{version2, version3, version1} {
		for _, r := range slices.Concat(userRoutes(), fileRoutes(), jobRoutes(), runRoutes(), storageRoutes(), clusterRoutes()) {
			r.version = version
			out = append(out, r)
		}
	}
	return out
}

func userRoutes() []route {
	return []route{
		{pattern: "", methods: methods{"GET": index}},
		{pattern: "users/me/", methods: methods{"GET": me}},
		{pattern: "users/me/projects/", methods: methods{"GET": projects}},
		{pattern: "coretypes/", methods: methods{"GET": coreTypes}},
		{pattern: "analyses/", methods: methods{"GET": analyses}},
		{pattern: "analyses/{code}/", methods: methods{"GET": analysis}},
		{pattern: "automations/", methods: methods{"GET": automations}},
		{pattern: "billing/computeprices/", methods: methods{"GET": computePrices}},
		{pattern: "organizations/{org}/workspaces/{ws}/billing/", methods: methods{"GET": bill}},
		{pattern: "organizations/{org}/workspaces/{ws}/custom-fields/", methods: methods{"GET": workspaceFields}},
	}
}

func fileRoutes() []route {
	return []route{
		{pattern: "files/", methods: methods{"GET": listFiles}},
		{pattern: "files/contents/", methods: methods{"POST": upload, "PUT": upload}},
		{pattern: "files/bulk/type-change/", methods: methods{"POST": retypeFiles}},
		{pattern: "files/{id}/", methods: methods{"GET": getFile, "PATCH": patchFile, "PUT": patchFile, "DELETE": deleteFile}},
		{pattern: "files/{id}/contents/", methods: methods{"GET": contents}},
		{pattern: "files/{id}/lines/", methods: methods{"GET": lines}},
		{pattern: "files/{id}/tags/", methods: methods{"GET": fileTags, "POST": changeFileTags, "DELETE": changeFileTags}},
		{pattern: "users/me/folders/", methods: methods{"GET": roots}},
		{pattern: "folders/{id}/", methods: methods{"POST": createFolder, "DELETE": trashFolder}},
		{pattern: "folders/{id}/contents/", methods: methods{"GET": folderContents}},
		{pattern: "folders/{id}/contents/search/", methods: methods{"GET": folderContents}},
	}
}

func jobRoutes() []route {
	return []route{
		{pattern: "jobs/", methods: methods{"GET": listJobs, "POST": createJob}},
		{pattern: "jobs/{id}/", methods: methods{"GET": getJob, "PATCH": changeJob, "PUT": changeJob, "DELETE": deleteJob}},
		{pattern: "jobs/{id}/submit/", methods: methods{"POST": submit}},
		{pattern: "jobs/{id}/stop/", methods: methods{"POST": stop}},
		{pattern: "jobs/{id}/force_stop/", methods: methods{"POST": forceStop}},
		{pattern: "jobs/{id}/share/", methods: methods{"POST": share}},
		{pattern: "jobs/{id}/statuses/", methods: methods{"GET": statuses}},
		{pattern: "jobs/{id}/cluster_statuses/", methods: methods{"GET": clusterStatuses}},
		{pattern: "jobs/{id}/tags/", methods: methods{"GET": tags, "POST": addTag, "DELETE": removeTag}},
		{pattern: "jobs/{id}/tags/{tag}/", methods: methods{"DELETE": removeTag}},
		{pattern: "jobs/{id}/custom-fields/", methods: methods{"GET": customFields, "POST": setCustomFields}},
		{pattern: "jobs/{id}/comments/", methods: methods{"GET": listComments, "POST": comment}},
		{pattern: "organizations/{org}/job-prioritization/", methods: methods{"POST": prioritize}},
		{pattern: "jobs/{id}/project-assignment/", methods: methods{"POST": assignProject}},
		{pattern: "organizations/{org}/jobs/{id}/project-assignment/", methods: methods{"POST": assignProject}},
	}
}

func runRoutes() []route {
	const run = "jobs/{id}/runs/{run}/"
	return []route{
		{pattern: "jobs/{id}/files/", methods: methods{"GET": jobFiles}},
		{pattern: "jobs/{id}/instances/", methods: methods{"GET": instances}},
		{pattern: "jobs/{id}/connection_details/", methods: methods{"GET": connectionDetails}},
		{pattern: "jobs/{id}/runs/", methods: methods{"GET": runs}},
		{pattern: run, methods: methods{"GET": getRun}},
		{pattern: run + "files/", methods: methods{"GET": runFiles}},
		{pattern: run + "stop/", methods: methods{"POST": stopRun}},
		{pattern: run + "snapshot/", methods: methods{"POST": snapshot}},
		{pattern: run + "directory-contents/", methods: methods{"GET": directoryContents}},
		{pattern: run + "tail/{path...}", methods: methods{"GET": tail}},
	}
}

func storageRoutes() []route {
	return []route{
		{pattern: "storage-devices/", methods: methods{"GET": listDevices, "POST": createDevice}},
		{pattern: "storage-devices/available-regions/", methods: methods{"GET": regions}},
		{pattern: "storage-devices/{device}/", methods: methods{"GET": getDevice}},
		{pattern: "storage-devices/{device}/submit/", methods: methods{"POST": startDevice}},
		{pattern: "storage-devices/{device}/shutdown/", methods: methods{"POST": shutDownDevice}},
		{pattern: "storage-devices/{device}/statuses/", methods: methods{"GET": deviceStatuses}},
		{pattern: "jobs/{id}/storage-devices/", methods: methods{"GET": attachedDevices, "POST": attachDevice}},
	}
}

func clusterRoutes() []route {
	return []route{
		{pattern: "clusters/", methods: methods{"GET": listClusters, "POST": createCluster}},
		{pattern: "clusters/{cluster}/", methods: methods{"GET": getCluster}},
		{pattern: "clusters/{cluster}/start/", methods: methods{"POST": startCluster}},
		{pattern: "clusters/{cluster}/statuses/", methods: methods{"GET": persistentStatuses}},
		{pattern: "clusters/{cluster}/shutdown/", methods: methods{"POST": shutDownCluster}},
	}
}

// Router finds handlers.
type Router struct{ routes []route }

// NewRouter returns the router of all routes.
func NewRouter() *Router { return &Router{routes: routes()} }

// Serve answers a request: unknown paths are 404, known ones with another method 405, and GET of a path that lacks
// only the slash at its end is redirected (rescale-api.md §2.1).
func (t *Router) Serve(a *API, r *Request) (Answer, error) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	found, vars := t.find(r.URL.Path)
	if found == nil {
		return t.redirect(r, method)
	}
	if method == http.MethodOptions {
		return options(found), nil
	}
	handle, ok := found.methods[method]
	if !ok {
		refusal := Refuse(http.StatusMethodNotAllowed, "Method %q not allowed.", r.Method)
		refusal.Header = http.Header{"Allow": {strings.Join(allowed(found), ", ")}}
		return Answer{}, refusal
	}
	r.vars, r.version = vars, found.version
	r.V3 = found.version == version3
	return handle(a, r)
}

// options tells what can be done with a path, as Django REST Framework does.
func options(found *route) Answer {
	return Answer{
		Status: http.StatusOK,
		Header: http.Header{"Allow": {strings.Join(allowed(found), ", ")}},
		Body: map[string][]string{
			"renders": {"application/json"},
			"parses":  {"application/json", "application/x-www-form-urlencoded", "multipart/form-data"},
		},
	}
}

func (t *Router) redirect(r *Request, method string) (Answer, error) {
	if found, _ := t.find(r.URL.Path + "/"); found == nil || method != http.MethodGet {
		return Answer{}, notFound()
	}
	target := *r.URL
	target.Path += "/"
	target.RawPath = ""
	return Answer{Status: http.StatusMovedPermanently, Header: http.Header{"Location": {target.RequestURI()}}}, nil
}

func (t *Router) find(path string) (*route, map[string]string) {
	for i := range t.routes {
		if vars, ok := match(t.routes[i].version+t.routes[i].pattern, path); ok {
			return &t.routes[i], vars
		}
	}
	return nil, nil
}

func match(pattern, path string) (map[string]string, bool) {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	vars := map[string]string{}
	for i, segment := range want {
		if i >= len(have) {
			return nil, false
		}
		name, isVar := strings.CutPrefix(segment, "{")
		name = strings.TrimSuffix(name, "}")
		if rest, ok := strings.CutSuffix(name, "..."); ok {
			vars[rest] = strings.Join(have[i:], "/")
			return vars, vars[rest] != ""
		}
		switch {
		case isVar && have[i] != "":
			vars[name] = have[i]
		case segment != have[i]:
			return nil, false
		}
	}
	return vars, len(want) == len(have)
}

func allowed(r *route) []string {
	var out []string
	for method := range r.methods {
		out = append(out, method)
	}
	slices.Sort(out)
	return out
}
