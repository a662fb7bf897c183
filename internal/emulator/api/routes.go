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

// routes are matched in order.
func routes() []route {
	return slices.Concat(userRoutes(), fileRoutes(), jobRoutes("v2"), jobRoutes("v3"), runRoutes(), []route{
		{"/api/v2/jobs/{id}/project-assignment/", methods{"POST": assignProject}},
		{"/api/v2/organizations/{org}/jobs/{id}/project-assignment/", methods{"POST": assignProject}},
		{"/api/v2/jobs/{id}/custom-fields/", methods{"GET": customFields, "POST": setCustomFields}},
		{"/api/v3/jobs/{id}/custom-fields/", methods{"GET": customFields}},
	})
}

func userRoutes() []route {
	return []route{
		{"/api/v2/", methods{"GET": index}},
		{"/api/v2/users/me/", methods{"GET": me}},
		{"/api/v3/users/me/", methods{"GET": me}},
		{"/api/v2/users/me/projects/", methods{"GET": projects}},
		{"/api/v2/coretypes/", methods{"GET": coreTypes}},
		{"/api/v3/coretypes/", methods{"GET": coreTypes}},
		{"/api/v2/analyses/", methods{"GET": analyses}},
		{"/api/v3/analyses/", methods{"GET": analyses}},
		{"/api/v2/analyses/{code}/", methods{"GET": analysis}},
		{"/api/v3/analyses/{code}/", methods{"GET": analysis}},
		{"/api/v2/billing/computeprices/", methods{"GET": computePrices}},
	}
}

func fileRoutes() []route {
	return []route{
		{"/api/v2/files/", methods{"GET": listFiles}},
		{"/api/v2/files/contents/", methods{"POST": upload, "PUT": upload}},
		{"/api/v3/files/contents/", methods{"POST": upload, "PUT": upload}},
		{"/api/v2/files/{id}/", methods{"GET": getFile, "PATCH": patchFile, "DELETE": deleteFile}},
		{"/api/v2/files/{id}/contents/", methods{"GET": contents}},
		{"/api/v2/files/{id}/lines/", methods{"GET": lines}},
	}
}

func jobRoutes(version string) []route {
	jobs := "/api/" + version + "/jobs/"
	return []route{
		{jobs, methods{"GET": listJobs, "POST": createJob}},
		{jobs + "{id}/", methods{"GET": getJob, "PATCH": changeJob, "PUT": changeJob, "DELETE": deleteJob}},
		{jobs + "{id}/submit/", methods{"POST": submit}},
		{jobs + "{id}/stop/", methods{"POST": stop}},
		{jobs + "{id}/statuses/", methods{"GET": statuses}},
		{jobs + "{id}/tags/", methods{"GET": tags, "POST": addTag, "DELETE": removeTag}},
	}
}

func runRoutes() []route {
	job := "/api/v2/jobs/{id}/"
	run := job + "runs/{run}/"
	return []route{
		{job + "force_stop/", methods{"POST": forceStop}},
		{job + "share/", methods{"POST": share}},
		{job + "cluster_statuses/", methods{"GET": clusterStatuses}},
		{job + "files/", methods{"GET": jobFiles}},
		{job + "instances/", methods{"GET": instances}},
		{job + "connection_details/", methods{"GET": connectionDetails}},
		{job + "runs/", methods{"GET": runs}},
		{run, methods{"GET": getRun}},
		{run + "files/", methods{"GET": runFiles}},
		{run + "stop/", methods{"POST": stopRun}},
		{run + "directory-contents/", methods{"GET": directoryContents}},
		{run + "tail/{path...}", methods{"GET": tail}},
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
