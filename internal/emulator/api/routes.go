package api

import (
	"net/http"
	"slices"
	"strings"
)

type handler func(*API, *Request) (Answer, error)

type route struct {
	pattern string // {name} is one segment; {name...} the rest
	methods map[string]handler
}

type methods = map[string]handler

// routes are matched in order. Both versions have all of them: what is known of one only (rescale-api.md §2.7) is asked
// for in the other, too.
func routes() []route {
	var out []route
	for _, version := range []string{"/api/v2/", "/api/v3/"} {
		for _, r := range slices.Concat(userRoutes(), fileRoutes(), jobRoutes(), runRoutes(), storageRoutes()) {
			out = append(out, route{version + r.pattern, r.methods})
		}
	}
	return out
}

func userRoutes() []route {
	return []route{
		{"", methods{"GET": index}},
		{"users/me/", methods{"GET": me}},
		{"users/me/projects/", methods{"GET": projects}},
		{"coretypes/", methods{"GET": coreTypes}},
		{"analyses/", methods{"GET": analyses}},
		{"analyses/{code}/", methods{"GET": analysis}},
		{"automations/", methods{"GET": automations}},
		{"billing/computeprices/", methods{"GET": computePrices}},
	}
}

func fileRoutes() []route {
	return []route{
		{"files/", methods{"GET": listFiles}},
		{"files/contents/", methods{"POST": upload, "PUT": upload}},
		{"files/{id}/", methods{"GET": getFile, "PATCH": patchFile, "DELETE": deleteFile}},
		{"files/{id}/contents/", methods{"GET": contents}},
		{"files/{id}/lines/", methods{"GET": lines}},
	}
}

func jobRoutes() []route {
	return []route{
		{"jobs/", methods{"GET": listJobs, "POST": createJob}},
		{"jobs/{id}/", methods{"GET": getJob, "PATCH": changeJob, "PUT": changeJob, "DELETE": deleteJob}},
		{"jobs/{id}/submit/", methods{"POST": submit}},
		{"jobs/{id}/stop/", methods{"POST": stop}},
		{"jobs/{id}/force_stop/", methods{"POST": forceStop}},
		{"jobs/{id}/share/", methods{"POST": share}},
		{"jobs/{id}/statuses/", methods{"GET": statuses}},
		{"jobs/{id}/cluster_statuses/", methods{"GET": clusterStatuses}},
		{"jobs/{id}/tags/", methods{"GET": tags, "POST": addTag, "DELETE": removeTag}},
		{"jobs/{id}/custom-fields/", methods{"GET": customFields, "POST": setCustomFields}},
		{"jobs/{id}/project-assignment/", methods{"POST": assignProject}},
		{"organizations/{org}/jobs/{id}/project-assignment/", methods{"POST": assignProject}},
	}
}

func runRoutes() []route {
	const run = "jobs/{id}/runs/{run}/"
	return []route{
		{"jobs/{id}/files/", methods{"GET": jobFiles}},
		{"jobs/{id}/instances/", methods{"GET": instances}},
		{"jobs/{id}/connection_details/", methods{"GET": connectionDetails}},
		{"jobs/{id}/runs/", methods{"GET": runs}},
		{run, methods{"GET": getRun}},
		{run + "files/", methods{"GET": runFiles}},
		{run + "stop/", methods{"POST": stopRun}},
		{run + "directory-contents/", methods{"GET": directoryContents}},
		{run + "tail/{path...}", methods{"GET": tail}},
	}
}

func storageRoutes() []route {
	return []route{
		{"storage-devices/", methods{"GET": listDevices, "POST": createDevice}},
		{"storage-devices/{device}/", methods{"GET": getDevice}},
		{"storage-devices/{device}/submit/", methods{"POST": startDevice}},
		{"storage-devices/{device}/statuses/", methods{"GET": deviceStatuses}},
		{"jobs/{id}/storage-devices/", methods{"GET": attachedDevices, "POST": attachDevice}},
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
	r.vars = vars
	r.V3 = strings.HasPrefix(found.pattern, "/api/v3/")
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
		if vars, ok := match(t.routes[i].pattern, path); ok {
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
